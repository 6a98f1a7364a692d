// The process that commands, and measures: near.ts CONTENDER PORT [KEYS]. Takes orders from the process that forked it.
import { setTimeout as passing } from 'node:timers/promises';
import { z } from 'zod';
import { closedLoop, sendMany } from './closed-loop.ts';
import { contenderNames, contenders } from './contenders/contenders.ts';
import { type Figures, type Order, orderSchema } from './orders.ts';

const [kind, port, keys] = z
  .tuple([z.enum(contenderNames), z.coerce.number(), z.string().optional()])
  .parse(process.argv.slice(2));
const commander = await contenders[kind].open({ port, keys });

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
  }
}

function runTrue(done: () => void): void {
  if (!commander.runTrue) throw new Error(`${kind} starts no programs`);
  commander.runTrue(done);
}

/** What is referenced, of JavaScript and in buffers. */
function liveBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What a command costs this process counts all its threads: unlike the times it hardly depends on what else the machine does. */
async function exchange(load: { outstanding: number; forMs: number }): Promise<Figures> {
  const before = process.cpuUsage();
  const { tookMs, ...figures } = await closedLoop((done) => commander.ask(done), load);
  const { user, system } = process.cpuUsage(before);
  return { ...figures, cpuUs: (user + system) / (figures.perSecond * (tookMs / 1_000)) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}

/** How much of one processor this process uses for nothing but heartbeats. */
async function idleShare(forMs: number): Promise<number> {
  const end = new AbortController();
  commander.beat(end.signal);
  const before = process.cpuUsage();
  const tookMs = await timed(() => passing(forMs));
  const { user, system } = process.cpuUsage(before);
  end.abort();
  return (user + system) / 1_000 / tookMs;
}
