import { join } from 'node:path';
import { expect, test } from 'vitest';
import plugin from '../../../src/plugins/container/plugin.ts';
import { startClient } from '../../support/library.ts';
import { newFolder } from '../../support/new-folder.ts';
import { ScriptedServer } from '../../support/scripted-server.ts';

/** Fields of the engine and of `docker run` that the contract does not have. */
const strange: readonly Record<string, unknown>[] = [
  { privileged: true },
  { Privileged: true },
  { HostConfig: { Privileged: true, Binds: ['/:/host'] } },
  { hostConfig: {} },
  { binds: ['/:/host'] },
  { volumes: ['/:/host'] },
  { volumesFrom: ['x'] },
  { devices: ['/dev/sda'] },
  { deviceCgroupRules: ['a *:* rwm'] },
  { deviceRequests: [] },
  { gpus: 'all' },
  { pid: 'host' },
  { ipc: 'host' },
  { uts: 'host' },
  { userns: 'host' },
  { cgroupns: 'host' },
  { cgroupParent: '/' },
  { securityOpt: ['seccomp=unconfined', 'apparmor=unconfined'] },
  { sysctls: { 'kernel.core_pattern': '|/x' } },
  { runtime: 'x' },
  { groupAdd: ['docker'] },
  { oomScoreAdj: -1000 },
  { logDriver: 'syslog' },
  { ulimits: ['memlock=-1'] },
  { storageOpt: {} },
  { _query: { name: 'x' } },
];

/** Values of fields of the contract that the shell would not send. */
const bent: readonly Record<string, unknown>[] = [
  { mount: ['/etc:/etc:ro,rshared'] },
  { mount: [{ Type: 'bind', Source: '/', Target: '/host' }] },
  { mount: ['volume/../../etc:/etc'] },
  { mount: ['/srv/../etc:/etc'] },
  { mount: '/:/host' },
  { network: { mode: 'host' } },
  { network: '' },
  { capAdd: ['SYS_ADMIN\0'] },
  { capAdd: 'ALL' },
  { label: ['signalbox.store=x'] },
  { label: [' SIGNALBOX.client=x'] },
  { label: { 'signalbox.job': 'x' } },
  { name: '/x' },
  { name: '../x' },
  { image: '../containers/json' },
  { image: '' },
  { image: 'x\0' },
  { publish: ['80:80-90'] },
  { publish: ['docker0:80:80'] },
  { memory: -1 },
  { pids: -1 },
  { pids: 0 },
  { cpus: Number.MAX_VALUE },
  { restart: 'unless-stopped' },
];

test('a client checks arguments itself, whatever its server has sent', async () => {
  await using server = await ScriptedServer.open(`ipc://${join(newFolder(), 's')}`);
  const plugins = [{ plugin, options: { caps: ['ALL'] } }];
  await using _client = await startClient(server, { plugins, allow: ['container'], ready: true });
  await server.first('jobs-end');
  const all = [...strange, ...bent];
  for (const [index, args] of all.entries()) {
    await server.command(index + 1, 'container', { image: 'debian', ...args });
  }
  await server.command(all.length + 1, 'container', {});
  const rejected = await server.firstOf('rejected', all.length + 1);
  await server.say({ type: 'ack', ids: rejected.map(({ id }) => id) });
  for (const [index, { error }] of rejected.entries()) {
    expect(error.code, JSON.stringify(all[index])).toBe('bad_arguments');
  }
});
