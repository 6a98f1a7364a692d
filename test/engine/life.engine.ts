import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { tinyImage } from './support/tiny-image.ts';

const shell = (script: string) => ({ image: tinyImage, network: 'none', argv: ['sh', '-c', script] });

engineTest('a container says what it says, on both streams, and its end', async () => {
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

engineTest('output is exact: any bytes, more than is kept in memory, and the last ones', async () => {
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

engineTest('a cancelled container has ended, and is gone', async () => {
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
