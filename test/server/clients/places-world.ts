import { setImmediate as nextTurn } from 'node:timers/promises';
import { vi } from 'vitest';
import { ping } from '../../../schemas/commands/ping.ts';
import type { FromClient, FromServer } from '../../../schemas/index.ts';
import type { JobNews } from '../../../src/jobs/events.ts';
import type { JobRecord } from '../../../src/jobs/job-record.ts';
import { JobTable } from '../../../src/jobs/job-table.ts';
import type { Origin } from '../../../src/jobs/submission.ts';
import { countDataJobs, whoFits } from '../../../src/server/clients/pick.ts';
import type { Member } from '../../../src/server/clients/roster.ts';
import { Vacancies } from '../../../src/server/clients/vacancies.ts';
import { Journal } from '../../../src/server/journal/journal.ts';
import { journaled } from '../../../src/server/journal/journaled.ts';
import { formerOf } from '../../../src/server/journal/stored-form.ts';
import { Listings } from '../../../src/server/sessions/listings.ts';
import { takeStore } from '../../../src/server/take-store.ts';
import { createMemoryStore } from '../../../src/store/memory/memory-store.ts';
import type { StoredJob } from '../../../src/store/stored-job.ts';
import { ScriptedClient } from '../../support/scripted-client.ts';
import { type Fate, ScriptedStore } from '../../support/scripted-store.ts';
import { withWholeIds } from '../../support/wire.ts';

const names = ['w1', 'w2', 'w3'];

interface Server {
  readonly bootId: string;
  readonly journal: Journal;
  readonly store: ScriptedStore;
  readonly table: JobTable;
  readonly listings: Listings;
  readonly vacancies: Vacancies;
}

/** One client name: its lives, its line to the server, and whether it accepts work. */
class Line {
  readonly name: string;
  readonly lives: ScriptedClient[] = [];
  toClient: FromServer[] = [];
  toServer: FromClient[] = [];
  isUp = false;
  isSynced = false;
  isReady = true;
  sessions = 0;

  constructor(name: string) {
    this.name = name;
    this.born();
  }

  get client(): ScriptedClient {
    return this.lives.at(-1) as ScriptedClient;
  }

  get bootId(): string {
    return `${this.name}-${this.lives.length}`;
  }

  /** The state in the roster, as far as a choice needs it. */
  get member(): Member {
    const { name, bootId, isReady, isUp, isSynced: synced } = this;
    const state = isReady ? 'ready' : 'unready';
    const peer = isUp ? name : undefined;
    return { name, bootId, state, peer, synced, responsive: true, commands: ['ping'], labels: {}, facts: {} } as never;
  }

  born(): void {
    this.lives.push(new ScriptedClient((message) => void (this.isUp && this.toServer.push(message)), []));
  }

  hangUp(): void {
    Object.assign(this, { isUp: false, isSynced: false, toClient: [], toServer: [] });
  }
}

/** Servers over one store, each killed at any moment. Three clients come and go, and places wait for them. */
export class PlacesWorld {
  readonly data = createMemoryStore();
  readonly lines = names.map((name) => new Line(name));
  /** The reports of each place: `placed w1`, `settled`. */
  readonly told = new Map<string, string[]>();
  /** Number of jobs of each stored submission. */
  readonly picks = new Map<string, number>();
  private fates: Fate[] = [];
  private server!: Server;
  private servers = 0;
  private nowMs = 0;

  async begin(): Promise<void> {
    this.servers += 1;
    const bootId = `${'a'.repeat(8)}${this.servers}`;
    const store = new ScriptedStore(this.data);
    store.fateOf = () => this.fates.shift() ?? 'done';
    const taken = await takeStore(store, { epoch: bootId, endpoint: '', host: '', pid: this.servers });
    const isAlive = () => this.server.bootId === bootId;
    const announcer = {
      tell: (job: JobRecord, news: JobNews) => void (isAlive() && this.tell(job, news)),
      toLog: () => ({ type: 'client.expected', client: 'w1', atMs: 0 }) as const,
    };
    const health = { failed: () => {}, worked: () => {} };
    const journal = new Journal({
      ...{ store, health, onReplaced: () => {}, nextSeq: taken.nextSeq },
      withdraw: (submissions) => table.withdraw(submissions, this.nowMs),
    });
    const table: JobTable = new JobTable({
      ...{ bootId, lostAfterMs: 1_000, nextNumber: taken.nextNumber },
      effects: journaled((client, message) => void (isAlive() && this.send(client, withWholeIds(message, bootId))), {
        ...{ announcer, events: { deliver: () => {} }, journal },
        leaves: (job) => table.leaves(job, this.nowMs),
      }),
    });
    const listings = new Listings({
      ...{ store, health, bootId, jobTable: table },
      deliver: (peer, message, origin) => this.received(this.lineOf(peer), message, origin),
      violated: (_peer, error) => {
        throw error;
      },
    });
    const vacancies = new Vacancies({
      ...{ jobTable: table, journal, interceptorsOf: () => [], commands: new Map([['ping', ping]]) },
      roster: { connected: () => this.members().filter(({ peer }) => peer), get: (name) => this.lineOf(name).member },
      resolve: () => names,
      groupOf: () => {
        throw new Error('nobody intercepts');
      },
    });
    this.server = { bootId, store, journal, table, listings, vacancies };
    for (const former of formerOf(taken.unsettled)) table.restore(former, this.nowMs);
    await this.settle();
  }

  submit(pick: number, expiresInMs: number): void {
    const { table, journal } = this.server;
    if (!journal.isWritable(0)) return;
    const memberOf = (client: string) => this.lineOf(client).member;
    const choice = { clients: names, command: { name: 'ping' }, memberOf, jobs: countDataJobs(table.unsettled()) };
    const clients = whoFits(choice).fit.slice(0, pick);
    const submitted = { command: 'ping', kind: 'data', args: {}, expiresInMs, targets: ['all'] } as const;
    const begun = table.begin(submitted, this.nowMs, pick);
    for (const client of clients) table.submit(begun, client, this.nowMs);
    for (let place = 1; place <= pick - clients.length; place += 1) table.places.submit(begun, place);
    journal.stored(begun).then(
      () => this.picks.set(begun.id, pick),
      () => {},
    );
  }

  cancel(at: number): void {
    const jobs = [...this.server.table.all()];
    const job = jobs[at % jobs.length];
    if (job && !this.server.journal.hides(job)) this.server.table.cancel(job);
  }

  /** Another command to a client: the ids that it gets rise. */
  sendTo(at: number): void {
    const { table, journal } = this.server;
    if (!journal.isWritable(0)) return;
    const begun = table.begin({ command: 'ping', kind: 'data', args: {} }, this.nowMs);
    table.submit(begun, names[at] ?? '', this.nowMs);
  }

  fails(fates: readonly Fate[]): void {
    this.fates = [...fates];
  }

  clientReads(at: number, count: number, rejects: boolean): void {
    const line = this.lines[at] as Line;
    for (const message of line.toClient.splice(0, count)) line.client.receive(message, rejects);
  }

  serverReads(at: number, count: number): void {
    const line = this.lines[at] as Line;
    const { listings, table } = this.server;
    for (const message of line.toServer.splice(0, count)) {
      if ('id' in message) table.checkOwn(message.id, line.name, message.type === 'job');
      if (message.type !== 'hello' && !listings.holds(line.name, line.name, message)) this.received(line, message);
    }
  }

  tick(ms: number): void {
    this.nowMs += ms;
    this.server.table.tick(this.nowMs);
    this.server.vacancies.tick(this.nowMs);
  }

  connect(at: number): void {
    const line = this.lines[at] as Line;
    if (line.isUp) return;
    line.isUp = true;
    this.server.table.sessionBegan(line.name, line.bootId);
    line.client.list();
  }

  cut(at: number): void {
    const line = this.lines[at] as Line;
    if (!line.isUp) return;
    line.hangUp();
    this.server.listings.ended(line.name);
    this.server.table.sessionEnded(line.name, this.nowMs);
  }

  killClient(at: number): void {
    this.cut(at);
    this.lines[at]?.born();
  }

  /** Changes that were not passed to the store are lost, and those that were passed may be committed. */
  async kill(): Promise<void> {
    const { store, listings, journal } = this.server;
    for (const line of this.lines) line.hangUp();
    store.fateOf = () => 'vanished';
    listings.close();
    journal.end(Object.assign(new Error('killed'), { code: 'closed' }) as never);
    await this.begin();
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn += 1) await nextTurn();
  }

  /** Until nothing is in transit and all jobs have ended. */
  async finish(): Promise<void> {
    this.fates = [];
    for (const line of this.lines) line.isReady = true;
    for (let quiet = 0; quiet < 4; quiet += 1) {
      for (const at of this.lines.keys()) this.connect(at);
      await vi.advanceTimersByTimeAsync(10_000);
      await this.settle();
      for (const [at, { client }] of this.lines.entries()) {
        this.clientReads(at, Number.POSITIVE_INFINITY, false);
        while (client.runningCount > 0) client.finish(0);
        this.serverReads(at, Number.POSITIVE_INFINITY);
      }
      await this.settle();
      this.tick(500);
      if (this.lines.some(({ toClient, toServer }) => toClient.length + toServer.length > 0)) quiet = 0;
    }
    this.tick(1_000_000);
    await vi.advanceTimersByTimeAsync(10_000);
    await this.settle();
  }

  async stored(): Promise<readonly StoredJob[]> {
    return (await this.data.list({}, 1_000)).jobs;
  }

  /** Number of client lives that have started a job, by the id under which it was sent. */
  runsOf(id: string): number {
    return this.lines.flatMap(({ lives }) => lives).filter(({ ran }) => ran.has(id)).length;
  }

  /** All ids that clients have started. */
  ran(): string[] {
    return this.lines.flatMap(({ name, lives }) => lives.flatMap(({ ran }) => [...ran].map((id) => `${id} ${name}`)));
  }

  private members(): Member[] {
    return this.lines.map(({ member }) => member);
  }

  private lineOf(name: string): Line {
    return this.lines[names.indexOf(name)] as Line;
  }

  private received(line: Line, message: FromClient, origin?: Origin | 'settled'): void {
    const { table } = this.server;
    const { name } = line;
    if (message.type === 'job') table.listed(name, message, false, origin);
    else if (message.type === 'jobs-end') {
      line.isSynced = true;
      table.listingEnded(name, this.nowMs);
    } else if (message.type === 'stale') table.stale(name, message.id, this.nowMs);
    else if (message.type === 'accepted') table.accepted(name, message.id, this.nowMs);
    else if (message.type === 'rejected') {
      table.answered(name, message.id, { outcome: 'rejected', error: message.error, durationMs: 0 }, this.nowMs);
    } else if (message.type === 'result') {
      table.answered(name, message.id, { outcome: message.outcome, durationMs: 0 }, this.nowMs);
    }
  }

  private send(client: string, message: FromServer): void {
    const line = this.lineOf(client);
    if (line.isUp) line.toClient.push(message);
  }

  private tell(job: JobRecord, news: JobNews): void {
    const words = news.type === 'placed' ? `placed ${job.client}` : news.type;
    if (job.place !== undefined && (news.type === 'placed' || news.type === 'settled')) {
      const key = `${job.id} ${job.place}`;
      this.told.set(key, [...(this.told.get(key) ?? []), words]);
    }
    this.server.table.taken(job, news);
  }
}
