import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { builtinContracts, createServer, type JobStore } from '../../src/index.ts';
import { openPostgresStore } from '../../src/plugins/postgres/postgres-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { Workflows } from '../../src/workflow/workflows.ts';
import { quantile } from './quantile.ts';
import { setClock } from './shifted-clock.ts';

/**
 * A server that carries out the schedules of a folder until it is killed. It prints a line of JSON for each event of
 * schedules. On standard input `clock MS` sets its clock forward, or back, and `figures` asks for its figures since the
 * last time. The server ends with its standard input.
 */
const [path = '', bind = '', folder = '', clockMs = '0'] = process.argv.slice(2);
setClock(Number(clockMs));
const store: JobStore = path.startsWith('postgres:') ? await openPostgresStore(path) : await openSqliteStore({ path });
const print = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`);

const workflows = new Workflows({
  collections: (name) => store.collection(name),
  ...{ folder, keepMs: 86_400_000, warn: (warning: string) => print({ warning }) },
});
let latenessMs: number[] = [];
let ended = 0;
const server = await createServer({
  ...{ bind, store, commands: await builtinContracts(), methods: workflows.methods },
  observers: [
    {
      name: 'schedules',
      on(event) {
        if (event.type === 'workflow.ended') ended += 1;
        else if (!event.type.startsWith('schedule.')) return;
        if (event.type === 'schedule.started') latenessMs.push(event.atMs - event.plannedMs);
        print({ ...event });
      },
    },
  ],
});
await server.waitForClients(1);
const lag = monitorEventLoopDelay({ resolution: 1 });
lag.enable();
let cpu = process.cpuUsage();
let sinceMs = performance.now();
await workflows.start(server);
print({ type: 'ready' });

const toMs = (ns: number) => Math.round(ns / 10_000) / 100;
function figures(): object {
  const { user, system } = process.cpuUsage(cpu);
  const spanMs = performance.now() - sinceMs;
  const told = {
    ...{ type: 'figures', spanMs: Math.round(spanMs), started: latenessMs.length, ended },
    lagMs: { p50: toMs(lag.percentile(50)), p99: toMs(lag.percentile(99)), max: toMs(lag.max) },
    latenessMs: Object.fromEntries([0.5, 0.99, 1].map((share) => [share, quantile(latenessMs, share)])),
    cpuShare: Math.round((user + system) / spanMs) / 1_000,
    rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
  lag.reset();
  [cpu, sinceMs, latenessMs, ended] = [process.cpuUsage(), performance.now(), [], 0];
  return told;
}

for await (const line of createInterface({ input: process.stdin })) {
  const [word, ms] = line.split(' ');
  if (word === 'clock') setClock(Number(ms));
  if (word === 'figures') print(figures());
}
process.exit();
