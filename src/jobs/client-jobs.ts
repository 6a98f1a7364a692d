import type { LocalId } from './job-id.ts';
import type { JobRecord } from './job-record.ts';

/**
 * The unsettled jobs of one client. Its status is `offline`, `away` (offline for longer than `lostAfterMs`), `syncing`
 * (it lists its jobs; nothing new is sent) or `online`.
 */
export class ClientJobs {
  readonly client: string;
  status: 'offline' | 'away' | 'syncing' | 'online' = 'offline';
  offlineSinceMs = 0;
  /** Boot id of the process that last completed its list. */
  bootId: string | undefined;
  /** Boot id of the process that began the session. */
  sessionBootId: string | undefined;
  /** In order of submission. */
  readonly unsettled = new Map<LocalId, JobRecord>();
  /** The unsent ones, in order. */
  waiting = new Set<JobRecord>();
  /** Cached: a new iterator would rescan deleted slots. */
  private inOrder = this.waiting.values();
  /** The unsent ones that can expire. */
  readonly expiring = new Set<JobRecord>();
  /** Number of commands sent and not answered. */
  unanswered = 0;
  /** Number of unsettled jobs adopted from other servers. */
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

  /** Removes and returns the first waiting job. */
  takeWaiting(): JobRecord | undefined {
    if (this.waiting.size === 0) return undefined;
    let { value, done } = this.inOrder.next();
    // An exhausted iterator stays exhausted when items are added.
    if (done) {
      this.inOrder = this.waiting.values();
      ({ value, done } = this.inOrder.next());
    }
    if (value) this.waiting.delete(value);
    return value;
  }

  /** Removes and returns all waiting jobs. */
  takeAllWaiting(): Set<JobRecord> {
    const all = this.waiting;
    this.waiting = new Set();
    this.inOrder = this.waiting.values();
    return all;
  }
}
