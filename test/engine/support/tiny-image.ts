import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Engine } from './engine.ts';
import { importRoot } from './import-root.ts';
import { packScript } from './pack.ts';
import type { Command } from './pipe.ts';

/** The base of the project's images: it is available without a registry. It has Node. */
export const baseImage =
  /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(new URL('../../../Dockerfile.server', import.meta.url), 'utf8'))?.[1] ??
  '';

/** A shell and what its scripts need, as in any image. */
export const shellPrograms =
  'sh bash cat sleep head tail seq env ls mkdir rm cp mv ln chown chmod id touch date wc sort tr cut sha256sum dd stat tee ' +
  'timeout yes true false setpriv sed grep tar gzip hostname uniq awk';

const pack = packScript({ programs: shellPrograms });

/** A few MB with a shell and what scripts need: a container of it starts as fast as the engine can, also on vfs. */
export const tinyImage = `signalbox-test/tiny:${createHash('sha256').update(pack).digest('hex').slice(0, 12)}`;

/** Makes it from the base image, unless the engine has it. It stays there for the next run. */
export async function makeTinyImage(engine: Engine): Promise<void> {
  if (await engine.has(tinyImage)) return;
  await importRoot(engine, tinyImage, packedByBase(engine, pack));
}

/** A script that a container of the base image runs, for `pipe`. */
const packedByBase = (engine: Engine, script: string): Command =>
  engine.command('run', '--rm', '--network', 'none', '--entrypoint', 'sh', baseImage, '-c', script);
