import { setTimeout as passing } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Line } from '../../support/line-log.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';
import { isAccepted, isOutcome } from '../matchers.ts';
import { Scene } from '../scene.ts';
import { NumberedLines } from './numbered-lines.ts';
import { outageMs, rounds } from './outage.ts';

const clients = 3;
const isEnded = ({ type }: Line): boolean => type === 'ended';

describe.skipIf(noPostgres !== undefined)('PostgreSQL under a server', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start(['fsync = on', "default_transaction_isolation = 'serializable'"]);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  async function openServer() {
    await using opening = new AsyncDisposableStack();
    const scene = opening.use(await Scene.open());
    const store = cluster.place();
    const server = scene.startServer('--store', store);
    const fleet = scene.startClients('w', { count: clients });
    await server.untilClients(clients);
    const kept = opening.move();
    const lines = new NumberedLines(server, fleet);
    return { scene, store, server, fleet, lines, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  }

  test.each([
    // A frozen one has not refused anything: callers wait 5 s for it.
    ['is stopped', 0, 'unavailable', () => cluster.down('SIGQUIT'), () => cluster.up()],
    ['is frozen', 6_000, 'unknown', async () => cluster.freeze(), async () => cluster.thaw()],
  ] as const)('%s: jobs go on, commands are refused, and then each outcome is told once', async (...row) => {
    const [, atLeastMs, first, away, back] = row;
    await using opened = await openServer();
    const { server, fleet, lines } = opened;
    const shortMs = 500;
    const longMs = Math.max(outageMs, atLeastMs) + 3_000;
    lines.type('@all', shortMs / 1_000);
    lines.type('@all', longMs / 1_000);
    await server.log.until('accepted', isAccepted, { count: 2 * clients });
    await away();
    const from = server.log.lines.length;
    const awayMs = performance.now();
    const refused = [lines.type('@all', 0), lines.type('@all', 0), lines.type('@w1', 0)];
    await fleet.log.until('short jobs ended', isEnded, { count: clients });
    await server.log.until('refusals', ({ type }) => type === 'error', { count: refused.length, from });
    expect(refused.map((number) => lines.codeOf(number))).toEqual([first, 'unavailable', 'unavailable']);
    await passing(Math.max(0, awayMs + Math.max(outageMs, atLeastMs) - performance.now()));
    const meanwhile = server.log.lines.slice(from);
    expect(meanwhile.filter((line) => isOutcome(line) || isAccepted(line))).toEqual([]);

    await back();
    await lines.pingUntilAnswered();
    await server.finish();
    await lines.expectRunOnceOrRefused(clients);
    expect(await lines.stored(opened.store)).toEqual(lines.told());
  });

  test(`ends ${rounds} times with commits in progress: each command is run once or refused, and reported once`, {
    timeout: 60_000 + rounds * 30_000,
  }, async () => {
    await using opened = await openServer();
    const { scene, server, lines } = opened;
    const faults = {
      'the first process is killed': async () => {
        await cluster.down('SIGKILL');
        await cluster.up();
      },
      'a session is killed': async () => cluster.killSession(),
      'it is stopped at once': async () => {
        await cluster.down('SIGQUIT');
        await cluster.up();
      },
      'it is frozen': async () => {
        cluster.freeze();
        await passing(scene.random.int(0, 1_000));
        cluster.thaw();
      },
    };
    const kinds = Object.values(faults);
    for (let round = 0; round < rounds; round += 1) {
      const told = server.log.count(isOutcome);
      for (let line = 0; line < 60; line += 1) lines.type(scene.random.pick(['@w1', '@w2', '@all']), 0);
      await scene.untilOutcomes(server, told + scene.random.int(1, 20));
      await kinds[round % kinds.length]?.();
      await lines.pingUntilAnswered();
    }
    await server.finish();
    const { run, refused, unknown } = await lines.expectRunOnceOrRefused(clients);
    process.stderr.write(`${rounds} rounds: ${run} run, ${refused} refused, ${unknown} unknown\n`);
    expect(await lines.stored(opened.store)).toEqual(lines.told());
  });
});
