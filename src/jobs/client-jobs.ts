import type { LocalId } from './job-id.ts';
import type { JobRecord } from './job-record.ts';

/**
 * The unsettled jobs of one client. It is `offline`, `away` (offline for so long that its jobs were lost), `syncing` (it says what it holds, and
 * nothing new is sent) or `online`.
 */
export class ClientJobs {
  readonly client: string;
  status: 'offline' | 'away' | 'syncing' | 'online' = 'offline';
  offlineSinceMs = 0;
  /** The process that said last what it holds. */
  bootId: string | undefined;
  /** The process that the session was begun with. */
  sessionBootId: string | undefined;
  /** In the order they were submitted. */
  readonly unsettled = new Map<LocalId, JobRecord>();
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

  get isConnected(): boolean {
    return this.status === 'syncing' || this.status === 'online';
  }

  add(job: JobRecord): void {
    this.unsettled.set(job.localId, job);
    if (job.adopted) this.adopted += 1;
  }

  remove(job: JobRecord): void {
    if (job.adopted) this.adopted -= 1;
    this.waiting.delete(job);
    this.expiring.delete(job);
    this.unsettled.delete(job.localId);
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
