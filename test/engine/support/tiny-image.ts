import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Engine } from './engine.ts';

/** The base of the project's images: the one that can be had where no registry can be reached. It has Node. */
export const baseImage =
  /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(new URL('../../../Dockerfile.server', import.meta.url), 'utf8'))?.[1] ??
  '';

const programs =
  'sh bash cat sleep head tail seq env ls mkdir rm cp mv ln chown chmod id touch date wc sort tr cut sha256sum dd stat tee ' +
  'timeout yes true false setpriv sed grep tar gzip hostname';

const pack = `set -e
mkdir -p /t/usr/bin /t/etc /t/tmp /t/root /t/var /t/run
chmod 1777 /t/tmp
ln -s usr/bin /t/bin
for program in ${programs}; do cp -L /usr/bin/$program /t/usr/bin/; done
for library in $(ldd /t/usr/bin/* | grep -o '/lib[^ ]*' | sort -u); do
  mkdir -p /t$(dirname $library)
  cp -L $library /t$library
done
cp /etc/passwd /etc/group /t/etc
tar -C /t -c .`;

/** A few MB with a shell and what scripts need: a container of it starts as fast as the engine can, also on vfs. */
export const tinyImage = `signalbox-test/tiny:${createHash('sha256').update(pack).digest('hex').slice(0, 12)}`;

/** Makes it out of the base image, unless the engine has it. It stays there for the next run. */
export async function makeTinyImage(engine: Engine): Promise<void> {
  if (await engine.has(tinyImage)) return;
  // Under another name first: what came of half a tar must not be found by the next run.
  const made = `signalbox-test/making:${process.pid}`;
  const change = ['--change', 'CMD ["sh"]', '--change', 'ENV PATH=/usr/bin'];
  const container = ['run', '--rm', '--network', 'none', '--entrypoint', 'sh', baseImage, '-c', pack];
  try {
    await engine.pipe(container, ['import', ...change, '-', made]);
    await engine.docker('tag', made, tinyImage);
  } finally {
    if (await engine.has(made)) await engine.docker('image', 'rm', made);
  }
}
