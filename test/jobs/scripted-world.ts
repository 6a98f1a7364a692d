import type { FromClient, FromServer } from '../../schemas/index.ts';
import type { JobNews } from '../../src/jobs/events.ts';
import type { JobRecord } from '../../src/jobs/job-record.ts';
import { JobTable } from '../../src/jobs/job-table.ts';
import type { Settlement } from '../../src/jobs/settlement.ts';
import { ScriptedClient } from '../support/scripted-client.ts';
import { wholeId, withWholeIds } from '../support/wire.ts';
import { TableAudit } from './table-audit.ts';

const name = 'w1';
const bootId = 'aaaaaaaa';
const lostAfterMs = 1_000;
const recoverWithinMs = 3_000;
const reconnectWaitMs = 150;

/**
 * A job table, one client and the line between them, in which a test moves every message. Invariants of each moment are
 * checked by the audit as they happen; invariants of the end, after `finish`.
 */
export class ScriptedWorld {
  readonly audit = new TableAudit();
  readonly submitted: JobRecord[] = [];
  client: ScriptedClient;
  private readonly jobTable: JobTable;
  private readonly lives: ScriptedClient[] = [];
  private toClient: FromServer[] = [];
  private toServer: FromClient[] = [];
  private readonly writes: (() => void)[] = [];
  private line: 'cut' | 'syncing' | 'online' = 'cut';
  private leaving = false;
  /** It has said goodbye, and no other process has connected. */
  private hasEnded = false;
  private nowMs = 0;

  constructor(adopted: readonly string[]) {
    const effects = {
      send: (_client: string, message: FromServer) => this.sent(message),
      tell: (job: JobRecord, news: JobNews) => this.told(job, news),
    };
    const isRecoverable = (command: string) => command === 'lasting';
    this.jobTable = new JobTable({ bootId, lostAfterMs, recoverWithinMs, reconnectWaitMs, isRecoverable, effects });
    this.client = this.born(adopted);
  }

  submit(command: string, expiresInMs: number | undefined, standing: boolean): void {
    const submission = { command, kind: 'data', args: {}, expiresInMs, standing } as const;
    const begun = this.jobTable.begin(submission, this.nowMs);
    this.submitted.push(this.jobTable.submit(begun, name, this.nowMs, undefined, this.hasEnded));
  }

  cancel(place: number): void {
    const job = this.submitted[place % this.submitted.length];
    if (job) this.jobTable.cancel(job);
  }

  /** Lets the client read this number of messages. */
  clientReads(count: number, rejects: boolean): void {
    for (const message of this.toClient.splice(0, count)) this.client.receive(withWholeIds(message, bootId), rejects);
  }

  serverReads(count: number): void {
    for (const message of this.toServer.splice(0, count)) this.received(message);
  }

  write(count: number): void {
    for (const written of this.writes.splice(0, count)) written();
  }

  tick(ms: number): void {
    this.nowMs += ms;
    this.jobTable.tick(this.nowMs);
  }

  cut(): void {
    if (this.line === 'cut') return;
    this.hangUp();
    this.jobTable.sessionEnded(name, this.nowMs);
  }

  connect(): void {
    if (this.line !== 'cut') return;
    this.line = 'syncing';
    this.hasEnded = false;
    this.jobTable.sessionBegan(name, `life-${this.lives.indexOf(this.client)}`);
    this.client.list();
  }

  /** Like an undisturbed line: each side reads what the other has sent. */
  talk(rejects: boolean): void {
    this.connect();
    this.serverReads(Number.POSITIVE_INFINITY);
    this.clientReads(Number.POSITIVE_INFINITY, rejects);
    this.serverReads(Number.POSITIVE_INFINITY);
  }

  /** Long enough for its jobs to be lost or unreachable. @param isOver whether recoverable jobs are lost, too. */
  stayAway(isOver: boolean): void {
    this.cut();
    this.tick(lostAfterMs + 1);
    if (isOver) this.tick(recoverWithinMs - lostAfterMs);
    this.connect();
  }

  /** @param takesUp whether the running jobs outlive the process and are recovered by the next one. */
  restart(takesUp: boolean): void {
    this.cut();
    this.client = this.born(takesUp ? this.client.running : []);
  }

  goodbye(): void {
    if (this.line === 'cut' || this.leaving) return;
    this.toServer.push({ type: 'goodbye', reason: 'closed' });
    this.leaving = true;
  }

  /** Until nothing is in transit and all jobs have ended. */
  finish(): void {
    for (let quiet = false; !quiet; ) {
      this.tick(0);
      this.connect();
      this.clientReads(Number.POSITIVE_INFINITY, false);
      while (this.client.runningCount > 0) this.client.finish(0);
      this.serverReads(Number.POSITIVE_INFINITY);
      this.write(Number.POSITIVE_INFINITY);
      quiet = this.line === 'online' && this.toClient.length + this.toServer.length + this.writes.length === 0;
    }
  }

  /** Number of lives in which a job was started. */
  runsOf(id: string): number {
    return this.lives.filter(({ ran }) => ran.has(id)).length;
  }

  private born(jobs: readonly string[]): ScriptedClient {
    const client = new ScriptedClient((message) => {
      if (this.line !== 'cut' && !this.leaving) this.toServer.push(message);
    }, jobs);
    this.lives.push(client);
    return client;
  }

  private hangUp(): void {
    this.line = 'cut';
    this.toClient = [];
    this.toServer = [];
    if (this.leaving) this.client = this.born([]);
    this.leaving = false;
  }

  private received(message: FromClient): void {
    // The rest of a closed line.
    if (this.line === 'cut') return;
    // Only a later server can send a command that another one has overtaken.
    if (message.type === 'stale') throw new Error(`${message.id} came too late`);
    if ('id' in message) this.audit.heard(wholeId(message.id, bootId));
    if (message.type === 'job') this.jobTable.listed(name, message);
    else if (message.type === 'accepted') this.jobTable.accepted(name, message.id, this.nowMs);
    else if (message.type === 'jobs-end') {
      this.line = 'online';
      this.jobTable.listingEnded(name, this.nowMs);
      for (const { id, state } of this.jobTable.unsettled()) {
        if (state === 'unreachable') throw new Error(`${id} is unreachable, and its client is here`);
      }
    } else if (message.type === 'goodbye') {
      this.hasEnded = true;
      this.jobTable.clientGone(name, 'it said goodbye', true);
      this.cut();
    } else if (message.type === 'rejected' || message.type === 'result') {
      const settlement: Settlement =
        message.type === 'rejected'
          ? { outcome: 'rejected', error: message.error, durationMs: 0 }
          : { outcome: message.outcome, result: message.result, durationMs: 0 };
      this.jobTable.answered(name, message.id, settlement, this.nowMs);
    }
  }

  private sent(message: FromServer): void {
    this.audit.sent(withWholeIds(message, bootId), this.lives);
    if (this.line !== 'cut') this.toClient.push(message);
    else if (message.type === 'command') throw new Error(`${message.id} was sent to nobody`);
  }

  private told(job: JobRecord, news: JobNews): void {
    const audited = this.audit.told(job, news);
    this.writes.push(() => {
      audited();
      this.jobTable.taken(job, news);
    });
  }
}
