import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HeldStore } from '../../../src/store/contract/held-store.ts';
import { outputOf, sentTo, settled, submissionOf } from '../../../src/store/contract/samples.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { newFolder } from '../../support/new-folder.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';
import { Program } from '../../support/program.ts';

/** `COPY_JOBS=100000 npx vitest run test/e2e/store/copy-to-postgres.slow.ts` is the long run. */
const jobs = Number(process.env.COPY_JOBS ?? 2_000);

/** Runs a program to its end. */
async function run(...args: string[]) {
  await using program = new Program(...args);
  program.end();
  const exitCode = await program.exitCode();
  return { exitCode, out: program.out, err: program.err };
}

/** The contents of a store: the number of lines of its export, and a hash of them. */
async function contentsOf(store: string) {
  await using program = new Program('store', 'export', '--store', store);
  const hash = createHash('sha256');
  let lines = 0;
  program.child.stdout?.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    lines += chunk.filter((byte) => byte === 10).length;
  });
  expect(await program.exitCode()).toBe(0);
  return { lines, hash: hash.digest('hex') };
}

async function timed<Value>(what: string, work: () => Promise<Value>): Promise<Value> {
  const beganMs = performance.now();
  const value = await work();
  if (jobs > 10_000) process.stderr.write(`${what}: ${Math.round(performance.now() - beganMs)} ms\n`);
  return value;
}

/** Jobs with and without an outcome, of many clients, with output and bytes, lost, late and of a collection. */
async function fill(path: string): Promise<void> {
  await using held = await HeldStore.open({ open: () => openSqliteStore({ path }) });
  for (let first = 1; first <= jobs; first += 500) {
    const changes = Array.from({ length: Math.min(500, jobs - first + 1) }, (_, at) => {
      const number = first + at;
      const submission = submissionOf(number, {
        command: `c${number % 7}`,
        args: { bytes: Buffer.from([number & 255, 0]) },
      });
      const job = { id: submission.id, client: `w${number % 40}` };
      const sent = sentTo([job.client], submission);
      if (number % 100 === 0) return [sent];
      if (number % 100 === 1) {
        const late = { type: 'late', job, settlement: { outcome: 'completed' }, output: outputOf('late') } as const;
        return [sent, settled(job, { outcome: 'lost' }), late];
      }
      const settlement = {
        outcome: 'completed',
        result: { number, text: 'ü\u0000\u2028', bytes: Buffer.from('r') },
      } as const;
      return [sent, settled(job, { settlement, output: outputOf(`line ${number}\n`.repeat(number % 20)) })];
    });
    await held.commit(...changes.flat());
  }
  await held.commit({ type: 'client', client: { name: 'w1', bootId: 'boot', named: true, seenAtMs: 5 } });
  for (let at = 0; at < 50; at += 1) {
    await held.store.collection('schedules').putIfAbsent(`k${at}`, { at }, { index: { kind: 'a' }, dueAtMs: at });
  }
}

describe.skipIf(noPostgres !== undefined)(`a copy of ${jobs} jobs from SQLite to PostgreSQL`, () => {
  let cluster: PostgresCluster;
  let from: string;
  let to: string;
  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    const path = join(newFolder(), 'jobs.db');
    await timed('filled', () => fill(path));
    from = `sqlite:${path}`;
    to = cluster.place();
  });

  test('has the same export, and the source is then refused with an explanation', { timeout: 600_000 }, async () => {
    const before = await timed('exported from SQLite', () => contentsOf(from));
    const copied = await timed('copied', () => run('store', 'copy', from, to));
    expect(copied).toEqual({ exitCode: 0, err: [], out: [`${jobs} jobs are in ${to}; ${from} is closed`] });
    expect(await timed('exported from PostgreSQL', () => contentsOf(to))).toEqual(before);
    const word = `${from.slice('sqlite:'.length)} is closed: it was copied to ${to}`;
    const server = await run('server', '--spawn', '1', '--store', from, '-c', 'clients');
    expect(server).toEqual({ exitCode: 8, out: [], err: [`signalbox: ${word}`] });
  });

  test('that is empty is not created by a command that only reads it', async () => {
    const { exitCode, err } = await run('store', 'info', '--store', to);
    expect({ exitCode, err }).toEqual({ exitCode: 8, err: [expect.stringContaining('has no store in its schema')] });
  });

  test('that is killed can be repeated, and is then complete', { timeout: 600_000 }, async () => {
    const before = await contentsOf(from);
    {
      await using copying = new Program('store', 'copy', from, to);
      await using source = await openSqliteStore({ path: from.slice('sqlite:'.length), readOnly: true });
      while ((await source.info()).closed === undefined) expect(copying.child.exitCode).toBe(null);
      const ended = once(copying.child, 'exit');
      copying.child.kill('SIGKILL');
      await ended;
    }
    expect(await run('store', 'copy', from, to)).toMatchObject({ exitCode: 0 });
    expect(await contentsOf(to)).toEqual(before);
  });
});
