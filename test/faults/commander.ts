// A program on the library that commands many things at once: commander.ts --bind ENDPOINT. Lines on standard input, each
// carried out beside the ones before, each answered by a JSON line of the type of its first word:
//   clients N          waits for so many clients
//   pings CLIENT MS    pings a client, one ping after the other; answers with how long they took
//   send CLIENT N      sends N commands that take long at a client that runs them
//   cancels CLIENT N   cancels N running jobs, one after the other; answers with how long each took to be told
//   terminate CLIENT   answers with how long it took to be accepted
//   outcomes N         waits until N of the commands of `send` have ended; answers with how, and which ended twice
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { calculate, createServer, type JobHandle, ping, terminate } from '../../src/index.ts';
import { logLine } from './test-commands.ts';

const { values } = parseArgs({ options: { bind: { type: 'string', default: '' } } });
const server = await createServer({ bind: values.bind, commands: [ping, calculate], lostAfterMs: 5_000 });

const running = new Map<string, JobHandle[]>();
const ended = new Set<string>();
const counts: Record<string, number> = {};
let twice = 0;
let wake = () => {};
void (async () => {
  for await (const event of server.watch()) {
    if (event.type !== 'job.settled' || event.command !== calculate.name) continue;
    const key = `${event.id}/${event.client}`;
    if (ended.has(key)) twice += 1;
    ended.add(key);
    const how = (event.outcome === 'rejected' && event.error?.code) || event.outcome;
    counts[how] = (counts[how] ?? 0) + 1;
    wake();
  }
})();

async function timed(what: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await what();
  return performance.now() - beganMs;
}

const orders: Record<string, (client: string, amount: number) => Promise<object>> = {
  async clients(count) {
    await server.waitForClients(Number(count));
    return {};
  },
  async pings(client, forMs) {
    const tookMs: number[] = [];
    const untilMs = performance.now() + forMs;
    while (performance.now() < untilMs) {
      tookMs.push(await timed(async () => (await server.submit(client, ping, {})).outcomes));
      // At the speed of a person or a script, not as fast as possible.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return { tookMs };
  },
  async send(client, count) {
    const jobs = running.get(client) ?? [];
    running.set(client, jobs);
    for (let sent = 0; sent < count; sent += 1) {
      const [job] = (await server.submit(client, calculate, { seconds: 600, message: 'long' })).jobs;
      if (job && jobs.length < 1_000) jobs.push(job);
      // A limited number at a time, so that a concurrent measurement measures the server and not this loop.
      if (sent % 20 === 19) await nextTurn();
    }
    return { count };
  },
  async cancels(client, count) {
    const tookMs: number[] = [];
    for (const job of (running.get(client) ?? []).splice(0, count)) {
      const cancel = () => {
        job.cancel();
        return job.outcome;
      };
      tookMs.push(await timed(cancel));
    }
    return { tookMs };
  },
  async terminate(client) {
    return { tookMs: [await timed(async () => (await server.submit(client, terminate, {})).accepted)] };
  },
  async outcomes(count) {
    while (ended.size < Number(count)) await new Promise<void>((resolve) => (wake = resolve));
    return { counts, twice };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [order = '', client = '', amount = '0'] = line.split(' ');
  void orders[order]?.(client, Number(amount)).then((answer) => logLine({ type: order, client, ...answer }));
}
process.exit(0);
