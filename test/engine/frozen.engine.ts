import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ContainerInfo } from 'dockerode';
import Docker from 'dockerode';
import { expect, vi } from 'vitest';
import { ping } from '../../src/index.ts';
import { labels } from '../../src/plugins/container/notes/labels.ts';
import { findOwn } from '../../src/plugins/container/notes/own-containers.ts';
import { newFolder } from '../support/new-folder.ts';
import { engine } from './support/engine.ts';
import { EngineGate } from './support/engine-gate.ts';
import { defaultSocket } from './support/engine-link.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { tinyImage } from './support/tiny-image.ts';
import { create, none, wanted } from './support/wanted.ts';
import { Witness } from './support/witness.ts';

engineTest.for([
  { call: 'a network', at: /^GET \/networks/, args: { network: 'frozen' } },
  { call: 'an image', at: /^GET \/images/, args: { service: true } },
  { call: 'a volume', at: /^GET \/volumes/, args: { mount: ['frozen:/x'] } },
])('a cancel ends a job at once if its engine is frozen at the request $call', async ({ at, args }) => {
  await using gate = await EngineGate.open();
  gate.useHere();
  await using pair = await openContainerPair();
  const frozen = gate.freezeAt(at);
  const group = await pair.submit({ image: tinyImage, network: 'none', ...args });
  await frozen;
  await pair.server.cancel([{ id: group.id, client: pair.name }]);
  expect(await group.outcomes).toMatchObject([{ outcome: 'cancelled' }]);
});

engineTest('a client ends while its engine is frozen; its next process removes what was created since', async () => {
  await using gate = await EngineGate.open();
  gate.useHere();
  const stateFolder = newFolder();
  const name = newName();
  await using witness = await Witness.start(engine, `signalbox-test=${name}`);
  const notes = () => readdirSync(join(stateFolder, 'container')).filter((file) => file.endsWith('.note'));
  {
    await using pair = await openContainerPair({ name, client: { stateFolder } });
    const frozen = gate.freezeAt(create);
    const group = await pair.submit(wanted(name));
    await frozen;
    await pair.server.cancel([{ id: group.id, client: pair.name }]);
    expect(await group.outcomes).toMatchObject([{ outcome: 'cancelled' }]);
    await (await pair.server.submit(pair.name, ping, {})).outcomes;
    await pair.client.close();
  }
  expect(notes()).toHaveLength(1);
  gate.thaw();
  await expect.poll(() => witness.containers.size).toBe(1);
  await using _next = await openContainerPair({ name, client: { stateFolder } });
  await expect.poll(() => witness.remains(), { timeout: 10_000 }).toEqual(none);
});

engineTest('a container that an engine creates slowly runs once, even if the connection broke meanwhile', async () => {
  await using gate = await EngineGate.open();
  gate.useHere();
  await using pair = await openContainerPair();
  const name = newName();
  await using witness = await Witness.start(engine, `signalbox-test=${name}`);
  const frozen = gate.freezeAt(create);
  const group = await pair.submit(wanted(name, 'echo once'));
  await frozen;
  gate.break();
  await pair.server.told.first((event) => event.type === 'job.progress' && event.note === 'waits for the engine');
  gate.thaw();
  expect(await group.outcomes).toMatchObject([{ outcome: 'completed', result: { outputBytes: 5 } }]);
  expect(witness.containers.size).toBe(1);
  expect(await witness.remains()).toEqual(none);
});

engineTest(
  'a container that the engine lists before it can be used is not taken for the container of a job',
  async () => {
    const docker = new Docker();
    const { signal } = new AbortController();
    for (let round = 0; round < 10; round += 1) {
      const name = newName();
      const creating = docker.createContainer({
        ...{ name, Image: tinyImage, Cmd: ['true'], Labels: { [labels.mark]: name } },
        HostConfig: { NetworkMode: 'none' },
      });
      let found: ContainerInfo[] = [];
      while (found.length === 0) found = await findOwn(docker, { [labels.mark]: name }, signal);
      for (const { Id } of found) await docker.getContainer(Id).start();
      const created = await creating;
      await created.remove({ force: true });
    }
  },
);

engineTest('a container of --leave is ended but stays, even if its engine was frozen at the cancel', async () => {
  await using gate = await EngineGate.open();
  gate.useHere();
  await using pair = await openContainerPair();
  const name = newName();
  const frozen = gate.freezeAt(/^POST .*\/stop/);
  const group = await pair.submit({ ...wanted(name), leave: true });
  await pair.server.told.first((event) => event.type === 'job.output' && event.id === group.id);
  await pair.server.cancel([{ id: group.id, client: pair.name }]);
  await frozen;
  expect(await group.outcomes).toMatchObject([{ outcome: 'cancelled', result: { left: true } }]);
  await (await pair.server.submit(pair.name, ping, {})).outcomes;
  gate.thaw();
  await expect.poll(() => engine.docker('inspect', '--format', '{{.State.Status}}', name)).toBe('exited');
  await pair.client.close();
  expect(await engine.docker('logs', name)).toBe('ready');
  await engine.docker('rm', '--volumes', name);
});

engineTest(
  'an end that is known is told truly, also where the last output cannot be read before the cancel counts',
  async () => {
    await using gate = await EngineGate.open();
    gate.useHere();
    await using pair = await openContainerPair();
    const frozen = gate.freezeAt(/^GET .*\/logs\?(?!.*follow=1)/);
    const group = await pair.submit(wanted(newName(), 'echo all of it'));
    await frozen;
    await pair.server.cancel([{ id: group.id, client: pair.name }]);
    expect(await group.outcomes).toMatchObject([{ outcome: 'completed', result: { exitCode: 0, cancelled: false } }]);
    gate.thaw();
  },
);

engineTest('a container that its engine cannot remove for some seconds is removed later', async () => {
  await using gate = await EngineGate.open();
  gate.useHere();
  await using pair = await openContainerPair();
  const name = newName();
  await using witness = await Witness.start(engine, `signalbox-test=${name}`);
  gate.refuse(/^DELETE/, 42);
  expect((await pair.run(wanted(name, 'exit 2'))).outcome).toMatchObject({
    outcome: 'failed',
    result: { exitCode: 2 },
  });
  await expect.poll(() => witness.remains(), { timeout: 30_000 }).toEqual(none);
  expect(witness.containers.size).toBe(1);
});

engineTest('a job waits for an engine that is frozen and accepts no connections', async () => {
  const path = join(newFolder(), 'full');
  const bridge = `require('net').createServer((near) => {
    const far = require('net').connect(${JSON.stringify(defaultSocket)});
    near.on('error', () => far.destroy()).pipe(far).on('error', () => near.destroy()).pipe(near);
  }).listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => console.log('listens'));`;
  const frozen = spawn(process.execPath, ['-e', bridge], { stdio: ['ignore', 'pipe', 'inherit'] });
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    const ended = once(frozen, 'exit');
    frozen.kill('SIGKILL');
    await ended;
  });
  await once(frozen.stdout, 'data');
  vi.stubEnv('DOCKER_HOST', `unix://${path}`);
  stack.defer(() => void vi.unstubAllEnvs());
  frozen.kill('SIGSTOP');
  for (let isFull = false; !isFull; ) {
    const filling = connect(path);
    stack.defer(() => void filling.destroy());
    isFull = await Promise.race([
      once(filling, 'connect').then(() => false),
      once(filling, 'error').then(() => true),
    ]).catch(() => true);
  }
  await using pair = await openContainerPair();
  const group = await pair.submit(wanted(newName(), 'echo once'));
  await pair.server.told.first((event) => event.type === 'job.progress' && event.note === 'waits for the engine');
  frozen.kill('SIGCONT');
  expect(await group.outcomes).toMatchObject([{ outcome: 'completed', result: { outputBytes: 5 } }]);
});

engineTest.for([create, /^POST .*\/start/, /^POST .*\/wait/, /^GET .*\/logs/])(
  'a proxy that does not reach the engine costs no job: %s',
  async (at) => {
    await using gate = await EngineGate.open();
    gate.useHere();
    await using pair = await openContainerPair();
    gate.refuse(at, 3, 502);
    const { outcome, stdout } = await pair.run(wanted(newName(), 'echo once; exit 3'));
    expect(outcome).toMatchObject({ outcome: 'failed', result: { exitCode: 3 } });
    expect(stdout.toString()).toBe('once\n');
  },
);
