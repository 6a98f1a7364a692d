import { setImmediate as nextTurn } from 'node:timers/promises';
import { vi } from 'vitest';
import type { FromClient, FromServer } from '../../../schemas/index.ts';
import type { JobNews } from '../../../src/jobs/events.ts';
import type { JobEffects } from '../../../src/jobs/job-effects.ts';
import type { JobRecord } from '../../../src/jobs/job-record.ts';
import { JobTable } from '../../../src/jobs/job-table.ts';
import type { Settlement } from '../../../src/jobs/settlement.ts';
import type { Origin } from '../../../src/jobs/submission.ts';
import { unknownBoot } from '../../../src/jobs/unknown-boot.ts';
import { Journal } from '../../../src/server/journal/journal.ts';
import { journaled } from '../../../src/server/journal/journaled.ts';
import { formerOf } from '../../../src/server/journal/stored-form.ts';
import { Listings } from '../../../src/server/sessions/listings.ts';
import type { Batch, Holder, JobStore } from '../../../src/store/job-store.ts';
import { createMemoryStore } from '../../../src/store/memory/memory-store.ts';
import type { Change, StoredJob } from '../../../src/store/stored-job.ts';
import { ScriptedClient } from '../../support/scripted-client.ts';
import { type Fate, ScriptedStore } from '../../support/scripted-store.ts';
import { wholeId, withWholeIds } from '../../support/wire.ts';

const name = 'w1';

/** The same store, with a report of each operation. */
function logged(store: JobStore, tell: (done: Batch | Holder) => void): JobStore {
  const own = Object.create(store) as JobStore & { take: JobStore['take']; commit: JobStore['commit'] };
  own.take = async (holder) => {
    const taken = await store.take(holder);
    tell(holder);
    return taken;
  };
  own.commit = async (batch) => {
    await store.commit(batch);
    tell(batch);
  };
  return own;
}
const lostAfterMs = 1_000;
const recoverWithinMs = 3_000;

interface Server {
  readonly bootId: string;
  readonly store: ScriptedStore;
  readonly journal: Journal;
  readonly table: JobTable;
  readonly listings: Listings;
}

/**
 * Servers over one store, one after the other, each killed at any moment; one client, in several lives; and the line
 * between them, in which a test moves every message.
 */
export class DurableWorld {
  data = createMemoryStore();
  /** Whether commands may have a waiting time. With a restored copy they may run again in a new process. */
  submitsTimed = true;
  /** The answer to each submission. */
  readonly answers = new Map<string, string>();
  /** Outcomes that were reported or acknowledged while the store had another one or none. */
  readonly faults: string[] = [];
  private readonly cancelled = new Set<string>();
  private readonly lives: ScriptedClient[] = [];
  client = this.born();
  /** The operations that led to the current data. */
  private log: (Batch | Holder)[] = [];
  private readonly checks: { readonly id: string; readonly settlement: Settlement | undefined }[] = [];
  private fates: Fate[] = [];
  private server!: Server;
  private sessions = 0;
  private servers = 0;
  private toClient: FromServer[] = [];
  private toServer: FromClient[] = [];
  private line: 'cut' | 'up' = 'cut';
  private nowMs = 0;

  async begin(): Promise<void> {
    this.servers += 1;
    const bootId = `${'a'.repeat(8)}${this.servers}`;
    const { data } = this;
    const store = new ScriptedStore(logged(data, (one) => void (this.data === data && this.log.push(one))));
    store.fateOf = () => this.fates.shift() ?? 'done';
    const taken = await store.take({ epoch: bootId, endpoint: '', host: '', pid: this.servers });
    const isAlive = () => this.server.bootId === bootId;
    const effects = {
      send: (_client, message) => void (isAlive() && this.sent(withWholeIds(message, bootId))),
      tell: (job, news) => void (isAlive() && this.told(job, news)),
      toLog: () => ({ type: 'client.expected', client: name, atMs: 0 }) as const,
    } satisfies Partial<JobEffects> & Record<string, unknown>;
    const health = { failed: () => {}, worked: () => {} };
    const journal = new Journal({
      ...{ store, health },
      withdraw: (submissions) => table.withdraw(submissions, this.nowMs),
      onReplaced: () => {},
      nextSeq: taken.nextSeq,
    });
    const table: JobTable = new JobTable({
      ...{ bootId, lostAfterMs, recoverWithinMs, nextNumber: taken.nextNumber },
      isRecoverable: (command) => command === 'lasting',
      effects: journaled(effects.send, {
        ...{ announcer: effects, events: { deliver: () => {} }, journal },
        leaves: (job) => table.leaves(job, this.nowMs),
      }),
    });
    const listings = new Listings({
      ...{ store, health, bootId, jobTable: table },
      deliver: (_peer, message, origin) => this.received(message, origin),
      violated: (_peer, error) => void this.faults.push(String(error)),
    });
    this.server = { bootId, store, journal, table, listings };
    for (const former of formerOf(taken.unsettled)) table.restore(former, this.nowMs);
    await this.settle();
  }

  submit(expiresMs: number | undefined): void {
    const expiresInMs = this.submitsTimed ? expiresMs : undefined;
    const { table, journal } = this.server;
    try {
      journal.checkWritable(0);
    } catch {
      return;
    }
    const command = this.answers.size % 2 === 0 ? 'work' : 'lasting';
    const submission = table.begin({ command, kind: 'data', args: {}, expiresInMs }, this.nowMs);
    table.submit(submission, name, this.nowMs);
    this.answers.set(submission.id, 'none');
    journal.stored(submission).then(
      () => this.answers.set(submission.id, 'stored'),
      ({ code }) => this.answers.set(submission.id, code),
    );
  }

  cancel(place: number): void {
    const jobs = [...this.server.table.all()];
    const job = jobs[place % jobs.length];
    if (!job || this.server.journal.hides(job)) return;
    this.cancelled.add(job.id);
    this.server.table.cancel(job);
  }

  fails(fates: readonly Fate[]): void {
    this.fates = [...fates];
  }

  clientReads(count: number, rejects: boolean): void {
    for (const message of this.toClient.splice(0, count)) this.client.receive(message, rejects);
  }

  serverReads(count: number): void {
    const { listings, table } = this.server;
    for (const message of this.toServer.splice(0, count)) {
      if ('id' in message) table.checkOwn(message.id, name, message.type === 'job');
      if (message.type !== 'hello' && !listings.holds(String(this.sessions), name, message)) this.received(message);
    }
  }

  tick(ms: number): void {
    this.nowMs += ms;
    this.server.table.tick(this.nowMs);
  }

  cut(): void {
    if (this.line === 'cut') return;
    this.hangUp();
    this.server.table.sessionEnded(name, this.nowMs);
  }

  connect(): void {
    if (this.line === 'up') return;
    this.line = 'up';
    this.sessions += 1;
    this.server.table.sessionBegan(name, `life-${this.lives.indexOf(this.client)}`);
    this.client.list();
  }

  /** Changes that were not passed to the store are lost, and those that were passed may be committed. */
  async kill(): Promise<void> {
    if (this.line === 'up') this.hangUp();
    const { store, listings, journal } = this.server;
    store.fateOf = () => 'vanished';
    listings.close();
    journal.end(Object.assign(new Error('killed'), { code: 'closed' }) as never);
    await this.begin();
  }

  /** Replaces the store by an older copy, from this many batches ago. */
  async putBack(batches: number): Promise<void> {
    await this.settle();
    if (this.line === 'up') this.hangUp();
    this.log.splice(Math.max(1, this.log.length - batches));
    const copy = createMemoryStore();
    for (const one of this.log) await ('epoch' in one ? copy.take(one) : copy.commit(one));
    // Like a store that detects that it is an older copy.
    const unsent = (await copy.list({}, 1_000)).jobs.filter(
      ({ settlement, bootId }) => !settlement && bootId === undefined,
    );
    const last = this.log.at(-1);
    const bound = unsent.map(
      ({ submission: { id }, client }): Change => ({ type: 'bound', job: { id, client }, bootId: unknownBoot }),
    );
    const batch = { number: (last && 'number' in last ? last.number : 0) + 1, changes: bound };
    await copy.commit(batch);
    this.log.push(batch);
    this.data = copy;
    this.answers.clear();
    this.client.mayRepeat = true;
    await this.kill();
  }

  killClient(): void {
    this.cut();
    this.client = this.born();
  }

  /** Waits until all operations are over, and compares the reports with the store. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn += 1) await nextTurn();
    for (const { id, settlement } of this.checks.splice(0)) {
      const [stored] = await this.data.find([{ id, client: name }]);
      const has = [stored?.settlement, stored?.late];
      if (settlement ? !has.includes(settlement) : !has.some((one) => one && one.outcome !== 'lost')) {
        this.faults.push(`${id} was ${settlement ? 'told' : 'acked'} and is not stored`);
      }
    }
  }

  /** Until nothing is in transit and all jobs have ended. */
  async finish(): Promise<void> {
    this.fates = [];
    this.connect();
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await vi.advanceTimersByTimeAsync(10_000);
      await this.settle();
      if (this.toClient.length + this.toServer.length + this.client.runningCount > 0) quiet = 0;
      this.clientReads(Number.POSITIVE_INFINITY, false);
      while (this.client.runningCount > 0) this.client.finish(0);
      this.serverReads(Number.POSITIVE_INFINITY);
      this.tick(0);
    }
  }

  async stored(): Promise<readonly StoredJob[]> {
    return (await this.data.list({}, 1_000)).jobs;
  }

  /**
   * Commands that clients refused because a later command had arrived, without a restored copy. A command that was cancelled
   * before it arrived makes room for the next even while the store fails; a server that is killed then does not know that.
   */
  get overtaken(): string[] {
    const refused = this.lives.flatMap(({ mayRepeat, overtaken }) => (mayRepeat ? [] : overtaken));
    return refused.filter((id) => !this.cancelled.has(id));
  }

  /** Number of lives in which a job was started. */
  runsOf(id: string): number {
    return this.lives.filter(({ ran }) => ran.has(id)).length;
  }

  private born(): ScriptedClient {
    const client = new ScriptedClient((message) => void (this.line === 'up' && this.toServer.push(message)), []);
    this.lives.push(client);
    return client;
  }

  private hangUp(): void {
    this.line = 'cut';
    this.toClient = [];
    this.toServer = [];
    this.server.listings.ended(String(this.sessions));
  }

  private received(message: FromClient, origin?: Origin | 'settled'): void {
    const { table } = this.server;
    if (message.type === 'job') table.listed(name, message, false, origin);
    else if (message.type === 'jobs-end') table.listingEnded(name, this.nowMs);
    else if (message.type === 'stale') table.stale(name, message.id, this.nowMs);
    else if (message.type === 'accepted') table.accepted(name, message.id, this.nowMs);
    else if (message.type === 'rejected' || message.type === 'result') {
      const settlement: Settlement =
        message.type === 'rejected'
          ? { outcome: 'rejected', error: message.error, durationMs: 0 }
          : { outcome: message.outcome, result: message.result, durationMs: 0 };
      table.answered(name, message.id, settlement, this.nowMs);
    }
  }

  private sent(message: FromServer): void {
    if (message.type === 'ack')
      for (const id of message.ids) this.checks.push({ id: String(id), settlement: undefined });
    if (this.line === 'up') this.toClient.push(message);
  }

  private told(job: JobRecord, news: JobNews): void {
    if (news.type === 'settled' || news.type === 'late') {
      this.checks.push({ id: wholeId(job.localId, this.server.bootId), settlement: news.settlement });
    }
    this.server.table.taken(job, news);
  }
}
