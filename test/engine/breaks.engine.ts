import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { ping } from '../../src/index.ts';
import { engine } from './support/engine.ts';
import { openEngineLink } from './support/engine-link.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { tinyImage } from './support/tiny-image.ts';
import { Witness } from './support/witness.ts';

const shell = (script: string) => ({ image: tinyImage, network: 'none', argv: ['sh', '-c', script] });
const mark = (text: string) => ({ pattern: new RegExp(text, 'g'), length: text.length });
const none = { containers: [], volumes: [], networks: [] };

engineTest('output continues where its stream broke, however often', async () => {
  await using engineLink = await openEngineLink();
  await using pair = await openContainerPair();
  const cuts = [1_000, 500_000, 3_000_000, 40_000, 2_500_000].values();
  const cutAgain = async (): Promise<void> => {
    for (const bytes of cuts) await engineLink.link.cutAfterBytes('down', bytes, 'rst');
  };
  const cutting = cutAgain();
  const ended = await pair.run(
    shell('head -c 8000000 /dev/urandom | tee /dev/stderr | sha256sum >/tmp/sum; seq 100000; cat /tmp/sum'),
  );
  await cutting;
  expect(ended.stderr.length).toBe(8_000_000);
  const lines = ended.stdout.toString().split('\n');
  expect(lines).toHaveLength(100_002);
  expect(lines.slice(0, 100_000)).toEqual(Array.from({ length: 100_000 }, (_, index) => String(index + 1)));
  expect(lines[100_000]?.slice(0, 64)).toBe(createHash('sha256').update(ended.stderr).digest('hex'));
  expect(ended.outcome).toMatchObject({ outcome: 'completed' });
});

engineTest.for([
  { call: 'create', answer: 'HTTP/1.1 201 Created' },
  { call: 'start', answer: 'HTTP/1.1 204 No Content' },
])('a lost answer to $call makes no second container, and leaves none', async ({ answer }) => {
  await using engineLink = await openEngineLink();
  await using pair = await openContainerPair();
  const name = newName();
  await using witness = await Witness.start(engine, `signalbox-test=${name}`);
  const cut = engineLink.link.cutAt('down', mark(answer), 'rst');
  const ended = await pair.run({ ...shell('echo once'), name, label: [`signalbox-test=${name}`] });
  await cut;
  expect(ended.outcome).toMatchObject({ outcome: 'completed', result: { containerName: name } });
  expect(ended.stdout.toString()).toBe('once\n');
  expect(await witness.remains()).toEqual(none);
  expect(witness.containers.size).toBe(1);
});

engineTest('a job that is cancelled while the answer to create is lost leaves no container', async () => {
  await using engineLink = await openEngineLink();
  await using pair = await openContainerPair();
  const name = newName();
  await using witness = await Witness.start(engine, `signalbox-test=${name}`);
  const cut = engineLink.link.cutAt('down', mark('HTTP/1.1 201 Created'), 'rst');
  const group = await pair.submit({ ...shell('echo never'), name, label: [`signalbox-test=${name}`] });
  await cut;
  await pair.server.cancel([{ id: group.id, client: pair.name }]);
  expect(await group.outcomes).toMatchObject([{ outcome: 'cancelled' }]);
  expect(await witness.remains()).toEqual(none);
  expect(witness.containers.size).toBe(1);
});

engineTest('a job waits for an engine that is down, and ends as its container did meanwhile', async () => {
  await using engineLink = await openEngineLink();
  await using pair = await openContainerPair();
  const name = newName();
  const group = await pair.submit({ ...shell('echo ready; sleep 0.5; echo done; exit 7'), name });
  await pair.server.told.first((event) => event.type === 'job.output' && event.id === group.id);
  engineLink.link.refuse();
  engineLink.link.cut('rst');
  await pair.server.told.first((event) => event.type === 'job.progress' && event.note === 'waits for the engine');
  await engine.docker('wait', name);
  await engineLink.link.accept();
  expect(await group.outcomes).toMatchObject([{ outcome: 'failed', result: { exitCode: 7, outputBytes: 11 } }]);
});

engineTest('a cancel ends the wait for an engine that stays down, and says that the container may run', async () => {
  await using engineLink = await openEngineLink();
  await using pair = await openContainerPair();
  const name = newName();
  const group = await pair.submit({ ...shell('echo ready; sleep 1000'), name });
  await pair.server.told.first((event) => event.type === 'job.output' && event.id === group.id);
  engineLink.link.refuse();
  engineLink.link.cut('rst');
  await pair.server.told.first((event) => event.type === 'job.progress' && event.note === 'waits for the engine');
  await pair.server.cancel([{ id: group.id, client: pair.name }]);
  expect(await group.outcomes).toMatchObject([
    { outcome: 'cancelled', result: { left: true, exitCode: null, cancelled: true, containerName: name } },
  ]);
  await engine.docker('rm', '--force', name);
});

engineTest('a container stays until a server has taken its output, and a cancel meanwhile is too late', async () => {
  await using pair = await openContainerPair();
  const slow = pair.server.watch();
  const name = newName();
  const group = await pair.submit({ ...shell('echo all of it'), name });
  await pair.server.told.first((event) => event.type === 'job.output' && event.id === group.id);
  expect(await engine.docker('wait', name)).toBe('0');
  expect(await engine.docker('inspect', '--format', '{{.State.Status}}', name)).toBe('exited');
  await pair.server.cancel([{ id: group.id, client: pair.name }]);
  await (await pair.server.submit(pair.name, ping, {})).outcomes;
  await slow[Symbol.asyncDispose]();
  expect(await group.outcomes).toMatchObject([{ outcome: 'completed', result: { exitCode: 0, cancelled: false } }]);
  await expect(engine.docker('inspect', name)).rejects.toThrow('No such');
});

engineTest('a client that ends leaves no container with untaken output', async () => {
  await using pair = await openContainerPair();
  await using slow = pair.server.watch();
  const name = newName();
  const group = await pair.submit({ ...shell('echo all of it'), name });
  await pair.server.told.first((event) => event.type === 'job.output' && event.id === group.id);
  expect(await engine.docker('wait', name)).toBe('0');
  await pair.client.close();
  await expect(engine.docker('inspect', name)).rejects.toThrow('No such');
  await slow[Symbol.asyncDispose]();
});

engineTest('a deadline that passes before the output of an ended container is taken loses none of it', async () => {
  await using pair = await openContainerPair();
  const slow = pair.server.watch();
  const name = newName();
  const group = await pair.submit({ ...shell('head -c 3000000 /dev/zero'), name }, { timeoutMs: 2_000 });
  const stubborn = async () => {
    const { outcomes } = await pair.submit(shell('trap "" TERM; while :; do sleep 0.1; done'), { timeoutMs: 2_000 });
    expect(await outcomes).toMatchObject([{ error: { code: 'deadline_exceeded' } }]);
  };
  // Two of them take longer than a job has after it was told to end.
  await stubborn();
  await stubborn();
  expect(await engine.docker('inspect', '--format', '{{.State.Status}}', name)).toBe('exited');
  await slow[Symbol.asyncDispose]();
  expect(await group.outcomes).toMatchObject([
    { outcome: 'completed', result: { exitCode: 0, timedOut: false, outputBytes: 3_000_000 } },
  ]);
  const taken = pair.server.told.of('job.output').flatMap(({ id, data }) => (id === group.id ? [data.length] : []));
  expect(taken.reduce((sum, bytes) => sum + bytes, 0)).toBe(3_000_000);
});
