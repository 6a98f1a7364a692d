// The process that commands, and measures: near.ts CONTENDER PLACE. Takes orders from the process that forked it.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as passing } from 'node:timers/promises';
import { z } from 'zod';
import { closedLoop, sendMany } from './closed-loop.ts';
import { placeSchema } from './contenders/commander.ts';
import { contenderNames, contenders } from './contenders/contenders.ts';
import { type Figures, type Order, orderSchema } from './orders.ts';
import { threadMs } from './programs/thread-ms.ts';

const [kind, place] = z.tuple([z.enum(contenderNames), z.string()]).parse(process.argv.slice(2));
const commander = await contenders[kind].open(placeSchema.parse(JSON.parse(place)));

process.on('message', async (message) => process.send?.(await carryOut(orderSchema.parse(message))));
process.once('disconnect', () => process.exit());
process.send?.({});

async function carryOut(order: Order): Promise<Figures> {
  switch (order.type) {
    case 'joined':
      await commander.joined(order.count);
      return {};
    case 'exchange':
      return await exchange(order);
    case 'send':
      await sendMany(order.command === 'run' ? runTrue : (done) => commander.ask(done), order);
      return {};
    case 'gather':
      return { ms: await timed(() => commander.gather()) };
    case 'idle':
      return { share: await idleShare(order.forMs) };
    case 'memory':
      globalThis.gc?.();
      return { bytes: process.memoryUsage.rss() };
    case 'live':
      return { bytes: liveBytes() };
    case 'lag':
      return await lagOf(() => passing(order.forMs));
    case 'prune':
      return await lagOf(() => pruned());
  }
}

function runTrue(done: () => void): void {
  if (!commander.runTrue) throw new Error(`${kind} starts no programs`);
  commander.runTrue(done);
}

/** The referenced memory, of JavaScript and in buffers. */
function liveBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * The processor time of a command in this process, over all threads: unlike wall times it hardly depends on other load
 * of the machine.
 */
async function exchange(load: { outstanding: number; forMs: number }): Promise<Figures> {
  const before = process.cpuUsage();
  const [mainMs, workersMs] = [threadMs('MainThread'), threadMs('WorkerThread')];
  const { tookMs, ...figures } = await closedLoop((done) => commander.ask(done), load);
  const { user, system } = process.cpuUsage(before);
  const count = figures.perSecond * (tookMs / 1_000);
  return {
    ...figures,
    cpuUs: (user + system) / count,
    mainUs: ((threadMs('MainThread') - mainMs) * 1_000) / count,
    workersUs: ((threadMs('WorkerThread') - workersMs) * 1_000) / count,
  };
}

async function pruned(): Promise<void> {
  if (!commander.prune) throw new Error(`${kind} has no store`);
  await commander.prune();
}

/** How late timers are meanwhile, and how long a command takes that is sent after the previous one was answered. */
async function lagOf(work: () => Promise<void>): Promise<Figures> {
  const lag = monitorEventLoopDelay({ resolution: 1 });
  lag.enable();
  const end = new AbortController();
  const asking = closedLoop((done) => commander.ask(done), { outstanding: 1, signal: end.signal });
  const ms = await timed(work);
  end.abort();
  const { p50Us, p99Us } = await asking;
  lag.disable();
  return { ms, p50Us, p99Us, lagP99Ms: lag.percentile(99) / 1e6, lagMaxMs: lag.max / 1e6 };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}

/** The share of one processor that this process uses for heartbeats alone. */
async function idleShare(forMs: number): Promise<number> {
  const end = new AbortController();
  commander.beat(end.signal);
  const before = process.cpuUsage();
  const tookMs = await timed(() => passing(forMs));
  const { user, system } = process.cpuUsage(before);
  end.abort();
  return (user + system) / 1_000 / tookMs;
}
