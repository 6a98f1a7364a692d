import { expect, onTestFinished, test, vi } from 'vitest';
import { openServer, startClient } from '../support/library.ts';
import { LinkProxy } from '../support/proxy.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

const tickMs = 100;

/** As after SIGSTOP and SIGCONT: the clock jumps this far between two turns of the event loop, and timers run first. */
function stopFor(ms: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * tickMs);
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
}

async function openAway(options: { lostAfterMs?: number } = {}) {
  await using stack = new AsyncDisposableStack();
  const steps = createSteps();
  const server = stack.use(await openServer({ commands: [stepwise], ...options }));
  const line = stack.use(await LinkProxy.start(Number(server.endpoint.split(':').at(-1))));
  stack.use(await startClient({ endpoint: `tcp://127.0.0.1:${line.port}` }, { commands: [steps.implementation] }));
  await server.waitForClients(1);
  const group = await server.submit('w1', stepwise, { label: 'long' });
  const work = await steps.begins();
  await group.accepted;
  line.refuse();
  line.cut('rst');
  await server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
  const kept = stack.move();
  return { server, line, group, work, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

test('a server that was stopped for longer than lostAfter loses no job of a client that was away at that moment', async () => {
  await using open = await openAway();
  const { server, line, group, work } = open;
  stopFor(3_600_000);
  await line.accept();
  await server.waitForClients(1);
  work.end();
  expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
});

test('a client that stays away after that is lost anyway', async () => {
  await using open = await openAway({ lostAfterMs: 300 });
  stopFor(3_600_000);
  expect(await open.group.outcomes).toMatchObject([{ outcome: 'lost' }]);
});
