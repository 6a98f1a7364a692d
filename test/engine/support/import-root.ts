import { randomUUID } from 'node:crypto';
import type { Engine } from './engine.ts';
import { type Command, pipe } from './pipe.ts';

/**
 * Makes an image of a root, which a command writes as tar.
 * @param changes lines of a Dockerfile, as `docker import` takes them
 */
export async function importRoot(
  engine: Engine,
  name: string,
  root: Command,
  changes: readonly string[] = [],
): Promise<void> {
  // Under another name first, so that the result of an incomplete tar is not taken for the image.
  const made = `signalbox-test/making:${randomUUID()}`;
  const lines = ['ENV PATH=/usr/bin', 'CMD ["sh"]', ...changes].flatMap((line) => ['--change', line]);
  try {
    await pipe(root, engine.command('import', ...lines, '-', made));
    await engine.docker('tag', made, name);
  } finally {
    if (await engine.has(made)) await engine.docker('image', 'rm', made);
  }
}
