import { randomUUID } from 'node:crypto';
import type { Engine } from './engine.ts';
import { tinyImage } from './tiny-image.ts';

/** An image that is removed when it is disposed of, even if containers of it are left. */
export interface MadeImage extends AsyncDisposable {
  readonly name: string;
  readonly id: string;
}

/**
 * Builds an image on the tiny one, without network.
 * @param lines of its Dockerfile, without FROM
 */
export async function buildImage(engine: Engine, lines: readonly string[], from = tinyImage): Promise<MadeImage> {
  const name = `signalbox-test/${randomUUID()}`;
  const input = [`FROM ${from}`, ...lines, ''].join('\n');
  await engine.run(['build', '--quiet', '--force-rm', '--network', 'none', '--tag', name, '-'], { input });
  return {
    name,
    id: await engine.docker('image', 'inspect', '--format', '{{.Id}}', name),
    async [Symbol.asyncDispose]() {
      await engine.docker('image', 'rm', '--force', name);
    },
  };
}

/** The same, with this many layers of this many random bytes, to be seen while they are pulled. */
export const buildLargeImage = (engine: Engine, { layers = 1, bytes = 1_000_000 } = {}): Promise<MadeImage> =>
  buildImage(
    engine,
    Array.from({ length: layers }, (_, index) => `RUN head -c ${bytes} /dev/urandom >/layer${index}`),
  );
