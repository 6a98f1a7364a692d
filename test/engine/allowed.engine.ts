import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { buildImage } from './support/images.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { tinyImage } from './support/tiny-image.ts';

const sh = (script: string) => ({ image: tinyImage, network: 'none', argv: ['sh', '-ec', script] });

function allowedFolder(): string {
  const folder = join(newFolder(), 'data');
  mkdirSync(folder);
  writeFileSync(join(folder, 'in'), 'of the host');
  return folder;
}

engineTest('a folder that the client allows is mounted, also if a link names it', async () => {
  const folder = allowedFolder();
  const link = `${folder}.link`;
  symlinkSync(folder, link);
  await using pair = await openContainerPair({ allowed: { binds: [link] } });
  const args = sh('test "$(cat /data/in)" = "of the host"; echo of a container >/data/out');
  expect((await pair.run({ ...args, mount: [`${link}/:/data`] })).outcome).toMatchObject({ outcome: 'completed' });
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('of a container\n');
  expect((await pair.run({ ...args, mount: [`${folder}:/data`] })).outcome).toMatchObject({ outcome: 'completed' });
});

engineTest('a folder that is mounted with :ro cannot be written to', async () => {
  const folder = allowedFolder();
  await using pair = await openContainerPair({ allowed: { binds: [folder] } });
  const args = sh('cat /data/in; ! touch /data/out');
  expect((await pair.run({ ...args, mount: [`${folder}:/data:ro`] })).outcome).toMatchObject({ outcome: 'completed' });
  expect(statSync(join(folder, 'out'), { throwIfNoEntry: false })).toBeUndefined();
});

(process.getuid?.() === 0 ? engineTest : test.skip)(
  'what is mounted below a folder cannot be written to either with :ro',
  async () => {
    const folder = allowedFolder();
    const below = join(folder, 'below');
    mkdirSync(below);
    execFileSync('mount', ['-t', 'tmpfs', 'signalbox-test', below]);
    onTestFinished(() => void execFileSync('umount', ['--lazy', below]));
    await using pair = await openContainerPair({ allowed: { binds: [folder] } });
    const mount = [`${folder}:/data:ro`];
    expect((await pair.run({ ...sh('! touch /data/below/out'), mount })).outcome.outcome).toBe('completed');
    expect(readdirSync(below)).toEqual([]);
  },
);

engineTest('a named volume keeps its contents for the next container', async () => {
  const volume = newName();
  onTestFinished(async () => void (await engine.docker('volume', 'rm', '--force', volume)));
  await using pair = await openContainerPair();
  const mount = [`${volume}:/data`];
  expect((await pair.run({ ...sh('echo kept >/data/file'), mount })).outcome.outcome).toBe('completed');
  expect((await pair.run({ ...sh('grep kept /data/file'), mount })).outcome.outcome).toBe('completed');
});

/** CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP. */
const defaultCapabilities = 'a80405fb';
const netAdmin = 1n << 12n;

engineTest('a container has the capabilities of Docker without NET_RAW, and gains no privileges', async () => {
  await using pair = await openContainerPair();
  const script = `grep -q '^CapEff:.*${defaultCapabilities}$' /proc/self/status; grep -q '^CapBnd:.*${defaultCapabilities}$' /proc/self/status; grep -q '^NoNewPrivs:.*1$' /proc/self/status`;
  expect((await pair.run(sh(script))).outcome).toMatchObject({ outcome: 'completed' });
});

engineTest(
  'a capability that the client allows is added, one that the container does without is not there',
  async () => {
    await using pair = await openContainerPair({ allowed: { caps: ['cap_net_admin'] } });
    const capabilities = (mask: string) => sh(`grep -q '^CapEff:.*${mask}$' /proc/self/status`);
    const mask = (BigInt(`0x${defaultCapabilities}`) | netAdmin).toString(16);
    expect((await pair.run({ ...capabilities(mask), capAdd: ['NET_ADMIN'] })).outcome.outcome).toBe('completed');
    expect((await pair.run({ ...capabilities('0000'), capDrop: ['ALL'] })).outcome.outcome).toBe('completed');
  },
);

engineTest('an image that starts as root, takes its folder and drops its rights runs unchanged', async () => {
  const start =
    'chown 999:999 /data && exec setpriv --reuid 999 --regid 999 --clear-groups sh -c \\"id -u; touch /data/x\\"';
  await using image = await buildImage(engine, [
    'RUN mkdir /data && chmod 700 /data',
    'VOLUME /data',
    `ENTRYPOINT ["sh", "-ec", "${start}"]`,
  ]);
  await using pair = await openContainerPair();
  expect((await pair.run({ image: image.name, network: 'none' })).outcome).toMatchObject({ outcome: 'completed' });
});
