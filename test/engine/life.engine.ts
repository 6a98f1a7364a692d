import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { ping } from '../../src/index.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { buildImage } from './support/images.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { tinyImage } from './support/tiny-image.ts';
import { Witness } from './support/witness.ts';

const shell = (script: string) => ({ image: tinyImage, network: 'none', argv: ['sh', '-c', script] });

engineTest('a container reports its output on both streams, and its end', async () => {
  await using pair = await openContainerPair();
  const ended = await pair.run(shell('echo out; echo err >&2; printf tail; exit 3'));
  expect(ended.stdout.toString()).toBe('out\ntail');
  expect(ended.stderr.toString()).toBe('err\n');
  expect(ended.outcome).toMatchObject({
    outcome: 'failed',
    error: { code: 'command_failed', message: 'exit code 3' },
    result: {
      exitCode: 3,
      signal: null,
      outOfMemory: false,
      timedOut: false,
      cancelled: false,
      outputBytes: 12,
      image: tinyImage,
      imageDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      containerId: expect.stringMatching(/^[0-9a-f]{64}$/),
      restarts: 0,
      left: false,
    },
  });
});

engineTest('output is exact: any bytes, more than the memory keeps, and the last ones', async () => {
  await using pair = await openContainerPair();
  const ended = await pair.run(
    shell('head -c 20000000 /dev/urandom | tee /dev/stderr | sha256sum >/tmp/sum; cat /tmp/sum'),
  );
  const sum = createHash('sha256').update(ended.stderr).digest('hex');
  expect(ended.stderr.length).toBe(20_000_000);
  expect(ended.stdout.toString().slice(0, 64)).toBe(sum);
  expect(ended.outcome).toMatchObject({
    outcome: 'completed',
    result: { outputBytes: 20_000_000 + ended.stdout.length },
  });
});

engineTest('a name is free when its job has ended', async () => {
  await using pair = await openContainerPair();
  const name = newName();
  for (let round = 0; round < 10; round += 1) {
    expect((await pair.run({ ...shell('true'), name })).outcome).toMatchObject({
      outcome: 'completed',
      result: { containerName: name },
    });
  }
  await expect(engine.docker('inspect', name)).rejects.toThrow('No such');
});

engineTest('a cancelled container is ended and removed', async () => {
  await using pair = await openContainerPair();
  const group = await pair.submit(shell('trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.1; done'));
  await pair.server.told.first((event) => event.type === 'job.output' && event.id === group.id);
  await pair.server.cancel([{ id: group.id, client: pair.name }]);
  const [outcome] = await group.outcomes;
  expect(outcome).toMatchObject({ outcome: 'cancelled', result: { exitCode: 5, cancelled: true, outputBytes: 10 } });
  await expect(
    engine.docker('inspect', String(outcome?.outcome === 'cancelled' && outcome.result?.containerId)),
  ).rejects.toThrow('No such');
});

engineTest(
  'at its deadline a container is ended, also one that does not listen, and its anonymous volumes go with it',
  async () => {
    await using pair = await openContainerPair();
    await using image = await buildImage(engine, ['VOLUME /data']);
    await using witness = await Witness.start(engine, `signalbox.client=${pair.name}`);
    const ended = await pair.run(
      { ...shell('trap "" TERM; echo >/data/x; while :; do sleep 0.1; done'), image: image.name },
      { timeoutMs: 1_500 },
    );
    expect(ended.outcome).toMatchObject({
      outcome: 'failed',
      error: { code: 'deadline_exceeded' },
      result: { exitCode: null, signal: 'SIGKILL', timedOut: true, cancelled: false, outOfMemory: false },
    });
    expect(witness.containers.size).toBe(1);
    expect(await witness.remains()).toEqual({ containers: [], volumes: [], networks: [] });
  },
);

engineTest('a job that is cancelled at any moment leaves nothing', async () => {
  await using pair = await openContainerPair();
  await using witness = await Witness.start(engine, `signalbox.client=${pair.name}`);
  const args = shell('trap "exit 0" TERM; while :; do sleep 0.05; done');
  const cancelled = Array.from({ length: 12 }, async (_, index) => {
    const group = await pair.submit(args);
    for (let pings = 0; pings < 4 * index; pings += 1) await (await pair.server.submit(pair.name, ping, {})).outcomes;
    await pair.server.cancel([{ id: group.id, client: pair.name }]);
    return await group.outcomes;
  });
  for (const [outcome] of await Promise.all(cancelled)) expect(outcome).toMatchObject({ outcome: 'cancelled' });
  expect(await witness.remains()).toEqual({ containers: [], volumes: [], networks: [] });
});

engineTest('signals arrive, and a container that one kills reports which', async () => {
  await using pair = await openContainerPair();
  const group = await pair.submit(shell('trap "echo hup; trap - HUP" HUP; echo ready; while :; do sleep 0.05; done'));
  const job = { id: group.id, client: pair.name };
  const saying = (text: string) =>
    pair.server.told.first(
      (event) => event.type === 'job.output' && event.id === group.id && Buffer.from(event.data).includes(text),
    );
  await saying('ready');
  await pair.server.signal([job], 'SIGHUP');
  await saying('hup');
  await pair.server.signal([job], 'SIGKILL');
  expect(await group.outcomes).toMatchObject([
    {
      outcome: 'failed',
      error: { message: 'ended by SIGKILL' },
      result: { exitCode: null, signal: 'SIGKILL', cancelled: false },
    },
  ]);
});

engineTest('a container that is removed from outside fails its job with a sentence', async () => {
  await using pair = await openContainerPair();
  const name = newName();
  const group = await pair.submit({ ...shell('echo ready; sleep 1000'), name });
  await pair.server.told.first((event) => event.type === 'job.output' && event.id === group.id);
  await engine.docker('rm', '--force', name);
  expect(await group.outcomes).toMatchObject([
    {
      outcome: 'failed',
      error: { message: expect.stringMatching(/somebody else removed it, and how it ended is unknown$/) },
    },
  ]);
});

engineTest('a program in a container gets the span of its job', async () => {
  await using pair = await openContainerPair();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const args = shell('echo $TRACEPARENT');
  expect((await pair.run(args, { traceparent })).stdout.toString()).toBe(`${traceparent}\n`);
  const own = { ...args, env: ['TRACEPARENT=own'] };
  expect((await pair.run(own, { traceparent })).stdout.toString()).toBe('own\n');
});
