import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as passing } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { run } from '../../schemas/commands/run.ts';
import { builtinContracts, createServer, type JobView, ping } from '../../src/index.ts';
import { createPrivateEndpoint } from '../../src/program/private-endpoint.ts';
import { residentBytes } from '../support/process-stat.ts';
import { Program } from '../support/processes.ts';
import { quantile } from './quantile.ts';

/** A server in this process, and a client of it that may run programs. */
async function open() {
  await using stack = new AsyncDisposableStack();
  const { endpoint } = stack.use(await createPrivateEndpoint());
  const server = stack.use(await createServer({ bind: endpoint, commands: await builtinContracts() }));
  const flags = ['--connect', endpoint, '--name', 'w1', '--ready', '--allow', 'run,ping'];
  const client = stack.use(new Program('client', ['src/main.ts', 'client', ...flags]));
  await server.waitForClients(1);
  const opened = stack.move();
  return { server, client, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const mib = (bytes: number) => Math.round(bytes / 2 ** 20);

test('while a program prints `yes` for 10 s, ping is answered about as fast as when idle, and memory is bounded', async () => {
  await using pair = await open();
  const { server, client } = pair;
  const pings = async (forMs: number) => {
    const tookMs: number[] = [];
    for (const endMs = performance.now() + forMs; performance.now() < endMs; ) {
      const beganMs = performance.now();
      await (await server.submit('w1', ping, {})).outcomes;
      tookMs.push(performance.now() - beganMs);
      await passing(5);
    }
    return tookMs;
  };
  await pings(1_000);
  const idleMs = await pings(2_000);
  let bytes = 0;
  void (async () => {
    for await (const event of server.watch()) {
      if (event.type === 'job.output') bytes += event.data.length + (event.lostBytes ?? 0);
    }
  })();
  const before = [residentBytes(process.pid), residentBytes(client.pid)];
  const group = await server.submit('w1', run, { argv: ['yes'] }, { timeoutMs: 10_000 });
  const busyMs = await pings(9_000);
  const after = [residentBytes(process.pid), residentBytes(client.pid)];
  const [outcome] = await group.outcomes;
  const [idle, busy] = [quantile(idleMs, 0.5), quantile(busyMs, 0.5)];
  process.stderr.write(
    `yes: ${mib(bytes)} MiB came; ping p50 ${idle.toFixed(2)} ms idle, ${busy.toFixed(2)} ms during (×${(busy / idle).toFixed(1)}); ` +
      `memory of the server ${mib(before[0] ?? 0)} → ${mib(after[0] ?? 0)} MiB, of the client ${mib(before[1] ?? 0)} → ${mib(after[1] ?? 0)} MiB\n`,
  );
  expect(outcome).toMatchObject({
    outcome: 'failed',
    error: { code: 'deadline_exceeded' },
    result: { timedOut: true },
  });
  for (const index of [0, 1]) expect((after[index] ?? 0) - (before[index] ?? 0)).toBeLessThan(300 * 2 ** 20);
  expect(busy).toBeLessThan(Math.max(20 * idle, 20));
});

test('1,000 runs of `true` on one client have exact outcomes and leave none behind; compared with a plain loop of spawn', async () => {
  await using pair = await open();
  const { server } = pair;
  const count = 1_000;
  const plainBeganMs = performance.now();
  for (let index = 0; index < count / 5; index += 1) await once(spawn('true', { stdio: 'ignore' }), 'exit');
  const plainPerSecond = count / 5 / ((performance.now() - plainBeganMs) / 1_000);

  const beganMs = performance.now();
  const outcomes: (string | undefined)[] = [];
  const atOnce = 20;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = 0; index < count / atOnce; index += 1) {
        const [ended] = await (await server.submit('w1', run, { argv: ['true'] })).outcomes;
        outcomes.push(ended?.outcome);
      }
    }),
  );
  const perSecond = count / ((performance.now() - beganMs) / 1_000);
  process.stderr.write(
    `run true: ${Math.round(perSecond)} a second, a plain loop of spawn ${Math.round(plainPerSecond)} (×${(perSecond / plainPerSecond).toFixed(2)})\n`,
  );
  expect(outcomes).toEqual(Array.from({ length: count }, () => 'completed'));
  expect(await server.list({ state: 'running' })).toEqual([] satisfies JobView[]);
});
