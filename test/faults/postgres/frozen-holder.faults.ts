import { setTimeout as passing } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import type { Line } from '../../support/line-log.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';
import { type ServerProgram, startServer } from '../../support/processes.ts';
import { Program } from '../../support/program.ts';
import { isAccepted, isBegun, isOutcome, jobKey } from '../matchers.ts';
import { Scene } from '../scene.ts';
import { isLong, outageMs } from './outage.ts';

const clients = 3;

describe.skipIf(noPostgres !== undefined)('two servers over one store in PostgreSQL', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  test('the holder is frozen, a standby takes over, the holder continues: it ends with 8 and has changed nothing', {
    timeout: outageMs + 120_000,
  }, async () => {
    await using scene = await Scene.open();
    const store = isLong ? cluster.place() : `${cluster.place()}&lease=1s`;
    const proxy = await scene.startProxy();
    const flags = ['--keep-going', '--store', store, '--wait-clients', '0'];
    const holder = scene.startServer(...flags);
    const fleet = scene.startClients('w', { count: clients, port: proxy.port });
    await holder.untilClients(clients);
    holder.type('calculate 0 before');
    await scene.untilOutcomes(holder, clients);
    const standbyPort = await freePort();
    {
      await using refused = startServer(standbyPort, flags);
      await expectRefused(refused, holder);
    }
    // Some end before the standby has started, and some after.
    const seconds = Array.from({ length: 4 }, () => scene.random.int(2_000, outageMs + 5_000) / 1_000);
    holder.type(...seconds.map((duration) => `calculate ${duration} running`));
    await holder.log.until('accepted', isAccepted, { count: clients * (1 + seconds.length) });
    // Its commit, its command or its outcome may be in progress.
    holder.type('calculate 0 in_flight');
    await passing(scene.random.int(0, 30));
    holder.stop();
    const stoppedMs = performance.now();
    holder.type('calculate 0 typed_while_frozen');

    await using standby = await untilItHolds(() => startServer(standbyPort, flags), holder);
    proxy.targetPort = standbyPort;
    // Within 10 s of silence they would notice by themselves.
    if (!isLong) proxy.cut('rst');
    await standby.untilClients(clients);
    standby.type('wait', 'ping');
    const isPing = (line: Line) => isOutcome(line) && line.command === 'ping';
    await standby.log.until('pings', isPing, { count: clients, timeoutMs: outageMs + 30_000 });
    // The time of the long form: nothing further happens.
    await passing(Math.max(0, stoppedMs + outageMs - performance.now()));

    const before = await exported(store);
    holder.cont();
    expect(await holder.exited).toBe(8);
    expect(await exported(store)).toEqual(before);
    const standbyIs = `the server at tcp://127.0.0.1:${standbyPort} (process ${standby.pid} on`;
    const why = holder.log.lines.find((line) => line.type === 'error' && line.line === undefined);
    expect(why?.message).toContain(`was taken by ${standbyIs}`);
    expect((await standby.finish()).exitCode).toBe(0);
    const runs = fleet.log.lines.filter(isBegun);
    const count = (text: string) => runs.filter(({ message }) => message === text).length;
    expect([0, clients]).toContain(count('in_flight'));
    expect([count('typed_while_frozen'), count('running')]).toEqual([0, clients * seconds.length]);
    const told = [...holder.log.lines, ...standby.log.lines].filter(isOutcome);
    expect(told.map(jobKey).toSorted()).toEqual([...new Set(runs.map(jobKey))].toSorted());
    expect(told.every(({ outcome }) => outcome === 'completed')).toBe(true);
    expect(before.filter((line) => line.includes('"type":"job"'))).toHaveLength(runs.length);
  });
});

/** Restarted while the other one holds the store, as a supervisor does. */
async function untilItHolds(start: () => ServerProgram, holder: ServerProgram): Promise<ServerProgram> {
  for (;;) {
    const standby = start();
    standby.type('jobs');
    const holds = standby.log.until('its jobs', ({ type }) => type === 'job', { timeoutMs: 60_000 });
    const first = await Promise.race([standby.exited, holds]);
    if (typeof first === 'object' && first) return standby;
    holds.catch(() => {});
    await expectRefused(standby, holder);
  }
}

async function expectRefused(server: ServerProgram, holder: ServerProgram): Promise<void> {
  expect(await server.exited).toBe(8);
  expect(server.said.lines.map(({ data }) => data)).toEqual([expect.stringContaining(`(process ${holder.pid} on`)]);
}

async function exported(store: string): Promise<string[]> {
  await using program = new Program('store', 'export', '--store', store);
  expect(await program.exitCode()).toBe(0);
  return program.out;
}
