import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { z } from 'zod';
import type { container } from '../../src/plugins/container/contracts/container.ts';
import { newFolder } from '../support/new-folder.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { tinyImage } from './support/tiny-image.ts';
import { Witness } from './support/witness.ts';

type Way = Omit<z.input<typeof container.args>, 'image'>;

const nothing = /no option allows that/;

/** The objects that a way needs on the engine, removed with the test. */
async function made(kind: 'volume' | 'network', ...options: string[]): Promise<string> {
  const name = newName();
  await engine.docker(kind, 'create', ...options, name);
  onTestFinished(async () => void (await engine.docker(kind, 'rm', name)));
  return name;
}

/** Folders that the client allows, with files that a container could have put into them. */
function folders() {
  const root = newFolder();
  const folder = (name: string) => {
    mkdirSync(join(root, name, 'below'), { recursive: true });
    writeFileSync(join(root, name, 'file'), '');
    symlinkSync('/', join(root, name, 'link'));
    return join(root, name);
  };
  return { allowed: folder('allowed'), replaced: folder('replaced'), shared: folder('shared/data') };
}

engineTest('every way to the host is refused, and none leaves anything', { timeout: 60_000 }, async () => {
  const { allowed, replaced, shared } = folders();
  await using pair = await openContainerPair({ allowed: { binds: [allowed, replaced, shared], caps: ['NET_ADMIN'] } });
  const mark = `signalbox-test=${newName()}`;
  await using witness = await Witness.start(engine, mark);
  renameSync(replaced, `${replaced}.old`);
  symlinkSync('/', replaced);
  chmodSync(join(shared, '..'), 0o777);
  const hostNetwork = await engine.docker('network', 'inspect', '--format', '{{.Id}}', 'host');
  const noNetwork = await engine.docker('network', 'inspect', '--format', '{{.Id}}', 'none');
  // Not every kernel has them.
  const lan = await made('network', '--driver', 'macvlan', '--internal').catch(() => undefined);
  const vlan = await made('network', '--driver', 'ipvlan', '--internal').catch(() => undefined);
  const bindVolume = await made('volume', '--opt', 'type=none', '--opt', 'o=bind', '--opt', 'device=/');
  const diskVolume = await made('volume', '--opt', 'type=ext4', '--opt', 'device=/dev/vda');
  const fresh = newName();
  const onlyWith = (path: string) => `the client may mount ${path} only with --container-binds ${path}`;

  const ways: readonly (readonly [Way, string | RegExp])[] = [
    [{ mount: ['/:/host'] }, onlyWith('/')],
    [{ mount: ['/etc:/etc:ro'] }, onlyWith('/etc')],
    [{ mount: ['/./etc//:/x'] }, onlyWith('/etc')],
    [{ mount: ['/var/run/docker.sock:/s'] }, onlyWith('/var/run/docker.sock')],
    [{ mount: ['/run/docker.sock:/s'] }, onlyWith('/run/docker.sock')],
    [{ mount: ['/var/run:/s'] }, onlyWith('/var/run')],
    [{ mount: ['/var/lib/docker:/s'] }, onlyWith('/var/lib/docker')],
    [{ mount: ['/dev:/x'] }, onlyWith('/dev')],
    [{ mount: ['/proc/1/root:/x'] }, onlyWith('/proc/1/root')],
    [{ mount: ['/proc/self/root:/x'] }, onlyWith('/proc/self/root')],
    [{ mount: [`/proc/self/cwd/../../..${allowed}/link:/x`] }, /expected SRC:DST .* without \.\./],
    [{ mount: [`${allowed}/below:/x`] }, /only .*allowed itself can be mounted, not a path in it/],
    [{ mount: [`${allowed}/link:/x`] }, /only .*allowed itself can be mounted, not a path in it/],
    [{ mount: [`${allowed}/link/etc:/x`] }, /only .*allowed itself can be mounted, not a path in it/],
    [{ mount: [`${allowed}/file:/x`] }, /only .*allowed itself can be mounted, not a path in it/],
    [{ mount: [`${allowed}/new:/x`] }, /only .*allowed itself can be mounted, not a path in it/],
    [{ mount: [`${join(allowed, '..')}:/x`] }, /only with --container-binds/],
    [{ mount: [`${allowed}2:/x`] }, /only with --container-binds/],
    [{ mount: [`/${fresh}:/x`] }, onlyWith(`/${fresh}`)],
    [{ mount: [`${replaced}:/x`] }, /it was replaced after this client started/],
    [{ mount: [`${shared}:/x`] }, /other users can replace/],
    [{ mount: [`${fresh}:/x`, '/etc:/y'] }, onlyWith('/etc')],
    [{ mount: [`${bindVolume}:/x`] }, /has driver options \(device, o, type\).*no option allows that/],
    [{ mount: [`${diskVolume}:/x:ro`] }, /has driver options \(device, type\).*no option allows that/],
    [{ network: 'host' }, nothing],
    [{ network: hostNetwork }, /its driver is host/],
    [{ network: hostNetwork.slice(0, 12) }, /its driver is host/],
    [{ network: 'container:x' }, nothing],
    [{ network: 'Container:x' }, nothing],
    [{ network: 'ns:/proc/1/ns/net' }, nothing],
    [{ network: '../containers/json' }, nothing],
    [{ network: 'host?x' }, nothing],
    [{ network: noNetwork }, /its driver is null/],
    ...[lan, vlan].flatMap((network): [Way, RegExp][] =>
      network === undefined ? [] : [[{ network }, /its driver is (?:mac|ip)vlan.*no option allows that/]],
    ),
    [{ network: 'none', publish: ['8080:80'] }, '--publish needs a network'],
    [{ network: 'host', mount: [`${fresh}:/x`] }, nothing],
    [{ capAdd: ['SYS_ADMIN'] }, 'the client may give SYS_ADMIN to a container only with --container-caps SYS_ADMIN'],
    [{ capAdd: ['net_admin', 'cap_sys_ptrace'] }, /only with --container-caps SYS_PTRACE/],
    [{ capAdd: ['ALL'] }, /only with --container-caps ALL/],
    [{ capAdd: ['CAP_NET_RAW'] }, /only with --container-caps NET_RAW/],
    [{ capAdd: ['CAP_DAC_READ_SEARCH'] }, /only with --container-caps DAC_READ_SEARCH/],
  ];

  for (const [way, says] of ways) {
    const refusal = await pair.submit({ image: tinyImage, argv: ['true'], label: [mark], ...way }).then(
      async (group) => (await group.outcomes)[0],
      (error) => ({ outcome: 'not sent', error }),
    );
    const code = expect.stringMatching(/^(?:not_allowed|bad_arguments)$/);
    const message = typeof says === 'string' ? says : expect.stringMatching(says);
    expect(refusal, JSON.stringify(way)).toMatchObject({ error: { code, message } });
  }
  expect(await witness.remains()).toEqual({ containers: [], volumes: [], networks: [] });
  expect([...witness.containers]).toEqual([]);
  expect(await engine.lines('volume', 'ls', '--quiet', '--filter', `name=${fresh}`)).toEqual([]);
});
