import type { JobRecord } from './job-record.ts';

/** What the job table holds of one client. */
export class JobsOfClient {
  readonly client: string;
  status: 'offline' | 'syncing' | 'online' = 'offline';
  offlineSinceMs = 0;
  /** The process that said last what it holds. */
  bootId: string | undefined;
  /** The process that the session was begun with. */
  sessionBootId: string | undefined;
  /** By id, in the order they were submitted. */
  readonly unsettled = new Map<string, JobRecord>();
  /** Of those, what has not been sent, in order. */
  waiting = new Set<JobRecord>();
  /** Cached: a new iterator would rescan deleted slots. */
  private inOrder = this.waiting.values();
  /** Of those, what can expire. */
  readonly expiring = new Set<JobRecord>();
  /** How many are sent and not answered. */
  unanswered = 0;
  /** How many of the unsettled were begun for another server. */
  adopted = 0;

  constructor(client: string) {
    this.client = client;
  }

  add(entry: JobRecord): void {
    this.unsettled.set(entry.id, entry);
  }

  /** Takes over a job that was begun for another server. */
  adopt(entry: JobRecord): void {
    entry.state = 'sent';
    this.unanswered += 1;
    this.adopted += 1;
    this.unsettled.set(entry.id, entry);
  }

  /** It is about to be settled. */
  remove(entry: JobRecord): void {
    if (entry.state === 'sent') this.unanswered -= 1;
    if (entry.adopted) this.adopted -= 1;
    this.waiting.delete(entry);
    this.expiring.delete(entry);
    this.unsettled.delete(entry.id);
  }

  /** The first that waits, taken from those that do. */
  takeWaiting(): JobRecord | undefined {
    if (this.waiting.size === 0) return undefined;
    let { value, done } = this.inOrder.next();
    // At its end an iterator stays there, whatever comes.
    if (done) {
      this.inOrder = this.waiting.values();
      ({ value, done } = this.inOrder.next());
    }
    if (value) this.waiting.delete(value);
    return value;
  }

  /** All that wait; from now on nothing does. */
  takeAllWaiting(): Set<JobRecord> {
    const all = this.waiting;
    this.waiting = new Set();
    this.inOrder = this.waiting.values();
    return all;
  }
}
