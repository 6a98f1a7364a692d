// A server in its own process, which pings the client `healthy` continuously: pinging-server.ts [--keys DIR]. It prints
// its address and, for each line on standard input, the figures since the previous line.
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { builtinContracts, createServer, ping } from '../../src/index.ts';
import { reachableMiB } from './memory.ts';

/** Its figures. */
export interface ServerFigures {
  readonly type: 'figures';
  readonly pings: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly memoryMiB: number;
  readonly rssMiB: number;
  /** Outcomes of pings other than `completed`, and the server's events about the healthy client. */
  readonly wrong: readonly string[];
  /** The number of jobs that it knows, for any client. */
  readonly jobs: number;
}

const { values } = parseArgs({ options: { keys: { type: 'string' } } });
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const server = await createServer({
  bind: 'tcp://127.0.0.1:*',
  ...(values.keys !== undefined && { keys: values.keys }),
  commands: await builtinContracts(),
  lostAfterMs: 1_000,
});
let wrong: string[] = [];
let times: number[] = [];
// Like the program: an event is sent a moment later.
void (async () => {
  for await (const event of server.watch()) {
    await nextTurn();
    if (event.type === 'client.state' && event.client === 'healthy') wrong.push(`healthy is ${event.state}`);
  }
})();
say({ type: 'listening', endpoint: server.endpoint, bootId: server.bootId });
await server.waitForClients(1);
// Its arrival was reported a moment ago.
await sleep(100);
wrong = [];

const lines = createInterface({ input: process.stdin });
// The caller is gone.
lines.on('close', () => process.exit(0));
lines.on('line', async () => {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  say({
    type: 'figures',
    pings: times.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: sorted.at(-1) ?? Number.NaN,
    memoryMiB: reachableMiB(),
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
    wrong,
    jobs: (await server.list()).length,
  } satisfies ServerFigures);
  times = [];
  wrong = [];
});

for (;;) {
  const fromMs = performance.now();
  const [outcome] = await (await server.submit('healthy', ping, {})).outcomes;
  times.push(performance.now() - fromMs);
  if (outcome?.outcome === 'completed') continue;
  // None was sent: it is between two sessions.
  const isOffline = outcome?.error?.code === 'offline';
  wrong.push(isOffline ? 'healthy is not connected' : `a ping: ${outcome?.outcome}`);
  if (isOffline) await sleep(20);
}
