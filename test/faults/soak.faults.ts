import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { newFolder } from '../support/new-folder.ts';
import type { Figures } from './figures.ts';
import { isConnected, isOutcome } from './matchers.ts';
import { Scene } from './scene.ts';

/** `SOAK_MINUTES=10 npm run test:faults -- soak` is the long one. */
const minutes = Number(process.env.SOAK_MINUTES ?? 2);
const settledMs = Math.min(60_000, (minutes * 60_000) / 2);
const clients = 8;

test(`${minutes} minutes with connections that flap each second: nothing grows`, {
  timeout: (minutes + 2) * 60_000,
}, async () => {
  const folder = newFolder();
  await using scene = await Scene.open();
  const proxy = await scene.startProxy();
  const server = scene.startWatchedServer(join(folder, 'server'), '--wait-clients', String(clients));
  const fleet = scene.startClients('w', { count: clients, port: proxy.port, figures: join(folder, 'clients') });
  await server.untilClients(clients);
  // The server keeps a bounded number of settled jobs: the bound is reached before the first comparison.
  const filling = limits.maxSettledJobs / clients;
  server.type(...Array.from({ length: filling }, () => 'ping'));
  await scene.untilOutcomes(server, limits.maxSettledJobs, 120_000);

  const endMs = performance.now() + minutes * 60_000;
  let sent = limits.maxSettledJobs;
  while (performance.now() < endMs) {
    await sleep(scene.random.int(700, 1_300));
    server.type('ping');
    sent += clients;
    proxy.cut(scene.random.pick(['fin', 'rst']));
  }
  const connected = fleet.log.count(isConnected);
  const { summary } = await server.finish();
  const rejected = server.log.count(({ type }) => type === 'rejected');
  process.stderr.write(
    `soak: ${minutes} minutes, ${connected} sessions, ${sent} pings: ${server.log.count(isOutcome) - rejected} answered, ${rejected} rejected offline\n`,
  );
  expect(connected).toBeGreaterThan(minutes * 60 * 0.7 * clients);
  expect(summary).toMatchObject({ lost: 0 });
  // A client that is not back when a ping is typed is not a part of `all`.
  const owed = server.log.lines
    .filter(({ type }) => type === 'group')
    .reduce((sum, { clients: targets }) => sum + Number(targets), 0);
  expect(server.log.count(isOutcome)).toBe(owed);
  expect(owed).toBeGreaterThan(sent * 0.99);

  for (const name of ['server', 'clients']) {
    const all = readFileSync(join(folder, name), 'utf8')
      .trim()
      .split('\n')
      .map((line): Figures => JSON.parse(line));
    const later = all.filter(({ atMs }) => atMs > settledMs);
    const [first, last] = [later.slice(0, later.length / 2), later.slice(later.length / 2)];
    for (const figure of ['heapMiB', 'rssMiB', 'sockets', 'descriptors', 'timers'] as const) {
      const [before, after] = [median(first.map((each) => each[figure])), median(last.map((each) => each[figure]))];
      process.stderr.write(`soak: ${name}: ${figure} ${before} → ${after}\n`);
      // A tenth for memory, a few for counts: connections are made at any moment.
      expect(after, `${figure} of ${name}`).toBeLessThanOrEqual(
        figure.endsWith('MiB') ? before * 1.1 + 2 : before + clients,
      );
    }
  }
});

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
