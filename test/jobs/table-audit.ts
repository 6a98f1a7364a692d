import type { FromServer } from '../../schemas/index.ts';
import type { JobNews } from '../../src/jobs/events.ts';
import type { JobRecord } from '../../src/jobs/job-record.ts';
import type { Settlement } from '../../src/jobs/settlement.ts';
import type { ScriptedClient } from '../support/scripted-client.ts';

/** The reports of one job. */
interface ToldJob {
  readonly job: JobRecord;
  readonly news: JobNews['type'][];
  settlement: Settlement | undefined;
  /** Whether the last report was stored. */
  written: boolean;
}

/** Checks the messages and events of a job table, and throws as soon as a guarantee is violated. */
export class TableAudit {
  readonly records = new Map<string, ToldJob>();
  /** Sent jobs without an answer since. */
  private readonly unanswered = new Set<string>();

  /** `message` has whole ids; `lives`: every life of the client so far. */
  sent(message: FromServer, lives: readonly ScriptedClient[]): void {
    if (message.type === 'ack') for (const id of message.ids) this.ack(String(id));
    if (message.type === 'command') this.command(String(message.id), lives);
  }

  /** @returns a function to call when the events have been stored. */
  told(job: JobRecord, news: JobNews): () => void {
    const record = this.records.get(job.id) ?? { job, news: [], settlement: undefined, written: false };
    this.records.set(job.id, record);
    record.news.push(news.type);
    if (news.type === 'settled') record.settlement ??= news.settlement;
    if (news.type === 'settled') this.heard(job.id);
    record.written = false;
    return () => {
      if (record.news.at(-1) === news.type) record.written = true;
    };
  }

  /** The server has read a message of the client about this job. */
  heard(id: string): void {
    this.unanswered.delete(id);
  }

  private ack(id: string): void {
    const record = this.records.get(id);
    if (!record?.settlement) throw new Error(`${id} was acked and has no outcome`);
    const last = record.news.at(-1);
    if (!record.written) throw new Error(`${id} was acked before its ${last} was written`);
    if (record.settlement.outcome === 'lost' && last !== 'late') throw new Error(`lost ${id} was acked`);
  }

  private command(id: string, lives: readonly ScriptedClient[]): void {
    if (this.records.get(id)?.settlement) throw new Error(`${id} was sent after it had been settled`);
    for (const life of lives) if (life.hasSeen(id)) throw new Error(`${id} was sent to who had answered it`);
    this.unanswered.add(id);
    if (this.unanswered.size > 256) throw new Error(`${this.unanswered.size} commands are unanswered`);
  }
}
