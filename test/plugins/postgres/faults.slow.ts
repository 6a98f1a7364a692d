import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import {
  createClient,
  createServer,
  defineCommand,
  implement,
  type JobStore,
  SignalboxError,
} from '../../../src/index.ts';
import { openPostgresStore } from '../../../src/plugins/postgres/postgres-store.ts';
import { failsWith, HeldStore, nameOf } from '../../../src/store/contract/held-store.ts';
import { holderOf, sentTo, submissionOf } from '../../../src/store/contract/samples.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';

/** Another server, as a process. */
class Other {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(address: string, epoch: string, leaseMs: number) {
    const file = fileURLToPath(new URL('holder.ts', import.meta.url));
    this.child = spawn(process.execPath, [file, address, epoch, String(leaseMs)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (!this.child.stdout) throw new Error('the pipe is missing');
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
    onTestFinished(() => this.kill());
  }

  async says(): Promise<string> {
    const { value } = await this.lines.next();
    return JSON.parse(value).said;
  }

  commit(): void {
    this.child.stdin?.write('\n');
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

describe.skipIf(noPostgres !== undefined)('a store in PostgreSQL', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start(['fsync = on']);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  async function whenFree<Value>(work: () => Promise<Value>): Promise<Value> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof SignalboxError) || error.code !== 'store_in_use') throw error;
      }
    }
  }
  const takeWhenFree = async (store: JobStore, epoch: string): Promise<number> =>
    (await whenFree(() => store.take(holderOf(epoch)))).nextNumber;
  const schemaOf = (address: string) => new URL(address).searchParams.get('schema');

  test('whose holder was frozen is taken by another, and the holder changes nothing when it continues', async () => {
    const address = cluster.place();
    const frozen = new Other(address, 'epochone0000', 1_000);
    expect(await frozen.says()).toBe('holds');
    frozen.commit();
    expect(await frozen.says()).toBe('committed');
    await using store = await openPostgresStore(address);
    await failsWith('store_in_use', store.take(holderOf('epochtwo0000')));
    frozen.signal('SIGSTOP');
    frozen.commit();
    const next = await takeWhenFree(store, 'epochtwo0000');
    await store.commit({ number: 1, changes: [sentTo(['w2'], submissionOf(next, { id: 'epochtwo0000.1' }))] });
    frozen.signal('SIGCONT');
    expect(await frozen.says()).toBe('store_in_use');
    expect((await store.list({}, 10)).jobs.map(nameOf)).toEqual(['2/w2', '1/w1']);
    await store.commit({ number: 2, changes: [] });
  });

  test('whose holder was frozen and replaced reports that to it, even if it commits nothing', async () => {
    const address = cluster.place();
    await using held = await HeldStore.open({ open: () => openPostgresStore(address, { leaseMs: 1_000 }) });
    cluster.sql(`UPDATE ${schemaOf(address)}.store SET epoch = 'epochtwo0000', pid = 4712`);
    expect(await held.taken.replaced).toMatchObject({
      code: 'store_in_use',
      message: expect.stringContaining('process 4712 on'),
    });
  });

  test('whose holder was replaced accepts no entries from it after its successor has read them', async () => {
    const address = cluster.place();
    await using held = await HeldStore.open({ open: () => openPostgresStore(address) });
    const entries = held.store.collection<number>('runs');
    const kept = await entries.putIfAbsent('one', 1, { dueAtMs: 1 });
    cluster.sql(`UPDATE ${schemaOf(address)}.store SET epoch = 'epochtwo0000', pid = 4712`);
    await failsWith('store_in_use', entries.putIfAbsent('two', 2));
    await failsWith('store_in_use', entries.compareAndSet('one', kept?.version ?? 0, 3));
    await failsWith('store_in_use', entries.compareAndDelete('one', kept?.version ?? 0));
    await failsWith('store_in_use', entries.claimDue(2, 3, 10));
    await using other = await openPostgresStore(address);
    expect(await other.collection<number>('runs').list(10)).toMatchObject([{ key: 'one', value: 1 }]);
  });

  test('that was closed while its holder was frozen accepts nothing more from that holder', async () => {
    const address = cluster.place();
    const frozen = new Other(address, 'epochone0000', 1_000);
    expect(await frozen.says()).toBe('holds');
    frozen.signal('SIGSTOP');
    await using store = await openPostgresStore(address);
    await whenFree(async () => store.transfer?.setClosed('it was copied to another one'));
    frozen.signal('SIGCONT');
    frozen.commit();
    expect(await frozen.says()).toBe('store_in_use');
    expect((await store.info()).jobs).toBe(0);
  });

  test('that was down for longer than a lease is left to its holder, which reconnects', async () => {
    const address = cluster.place();
    const holder = new Other(address, 'epochone0000', 30_000);
    expect(await holder.says()).toBe('holds');
    holder.signal('SIGSTOP');
    await cluster.down();
    await cluster.up();
    cluster.sql(`UPDATE ${schemaOf(address)}.store SET heartbeat_at = heartbeat_at - interval '1 hour'`);
    await using store = await openPostgresStore(address);
    const taking = failsWith('store_in_use', store.take(holderOf('epochtwo0000')));
    holder.signal('SIGCONT');
    await taking;
    holder.commit();
    expect(await holder.says()).toBe('committed');
  });

  test.each(['there', 'new'])(
    'that does not answer keeps its server no longer than 1 s: its session is %s',
    async (its) => {
      const held = await HeldStore.open({ open: () => openPostgresStore(cluster.place()) });
      const { store } = held;
      if (its === 'new') {
        const sessions = "pg_stat_activity WHERE application_name = 'signalbox'";
        cluster.sql(`SELECT pg_terminate_backend(pid) FROM ${sessions}`);
      }
      cluster.freeze();
      const failing = failsWith('unavailable', store.commit({ number: 1, changes: [sentTo(['w1'], submissionOf(1))] }));
      await store[Symbol.asyncDispose]();
      cluster.thaw();
      expect(await failing).toContain('no answer for 1 s while it was closed');
    },
  );

  test('whose holder was killed is taken before its lease has ended', async () => {
    const address = cluster.place();
    const killed = new Other(address, 'epochone0000', 3_600_000);
    expect(await killed.says()).toBe('holds');
    await killed.kill();
    await using store = await openPostgresStore(address);
    expect(await takeWhenFree(store, 'epochtwo0000')).toBe(1);
  });

  test('keeps its holder when its sessions are ended', async () => {
    const address = cluster.place();
    await using store = await openPostgresStore(address);
    await store.take(holderOf('epochone0000'));
    await using other = await openPostgresStore(address);
    await other.info();
    cluster.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $$signalbox$$');
    await failsWith('store_in_use', other.take(holderOf('epochtwo0000')));
    await store.commit({ number: 1, changes: [sentTo(['w1'], submissionOf(1))] });
    expect((await other.list({}, 10)).jobs.map(nameOf)).toEqual(['1/w1']);
  });

  test.each(['SIGKILL', 'SIGINT'] as const)(
    'that ends by %s with commits in flight: each job runs once or was refused',
    async (signal) => {
      const note = defineCommand({
        name: 'note',
        summary: 'Note a number.',
        args: z.strictObject({ n: z.number() }),
        result: z.null(),
        example: 'note 1',
      });
      const runs = new Map<number, number>();
      const implementation = implement(note, ({ n }) => {
        runs.set(n, (runs.get(n) ?? 0) + 1);
        return null;
      });
      await using store = await openPostgresStore(cluster.place());
      await using server = await createServer({ bind: 'tcp://127.0.0.1:*', commands: [note], store });
      await using _client = await createClient({
        connect: server.endpoint,
        name: 'w1',
        commands: [implementation],
        ready: true,
      });
      await server.waitForClients(1);
      const accepted: number[] = [];
      const refused: number[] = [];
      const unclear: number[] = [];
      const outcomes: Promise<unknown>[] = [];
      const submit = async (n: number): Promise<void> => {
        try {
          const group = await server.submit('w1', note, { n });
          accepted.push(n);
          outcomes.push(group.outcomes);
        } catch (error) {
          const code = error instanceof SignalboxError ? error.code : 'none';
          expect(['unavailable', 'unknown']).toContain(code);
          (code === 'unknown' ? unclear : refused).push(n);
        }
      };
      let last = 0;
      const next = () => {
        last += 1;
        return last;
      };
      const burst = async (count: number) => {
        await Promise.all(Array.from({ length: count }, () => submit(next())));
        // An immediate refusal must not keep the server from retrying.
        await setImmediate();
      };
      await burst(50);
      // Some are running when it ends, and some are submitted while it is down.
      const during = (async () => {
        while (refused.length + unclear.length === 0) await burst(20);
      })();
      await cluster.down(signal);
      await during;
      await cluster.up();
      const before = accepted.length;
      while (accepted.length === before) await burst(1);
      await Promise.all(outcomes);
      const stored = new Set(
        (await store.list({ command: 'note' }, 1_000)).jobs.map(({ submission }) => submission.number),
      );
      expect(accepted.every((n) => runs.get(n) === 1)).toBe(true);
      expect(refused.filter((n) => runs.has(n))).toEqual([]);
      expect([...runs.values()].every((count) => count === 1)).toBe(true);
      expect(stored.size).toBe(Math.min(1_000, runs.size));
      expect(accepted.length).toBeGreaterThan(50);
    },
  );
});
