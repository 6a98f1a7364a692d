import { limits, type Welcome } from '../../schemas/index.ts';
import { Epoch } from './epoch.ts';
import type { Job } from './job.ts';
import type { MessageId } from './job-output.ts';

/**
 * The jobs of a client by epoch and counter. In messages a number is a counter of the session's epoch, which costs one
 * lookup in a map of integers and no string; a string has the full form `EPOCH.COUNTER`.
 *
 * It keeps the last `maxServerBoots` epochs, and all epochs that have jobs.
 */
export class HeldJobs {
  /** By id, least recently used first. */
  private readonly epochs = new Map<string, Epoch<Job>>();
  /** The epoch of the session. Before the first session, a placeholder. */
  private current = new Epoch<Job>('');
  private count = 0;
  /** The server of the session adopts jobs of any store. */
  private adopts = false;
  /** An epoch was forgotten, so an unknown one may be that epoch. */
  private hasForgotten = false;

  /** Number of held jobs. */
  get size(): number {
    return this.count;
  }

  /** Begins a session with a server of this epoch. */
  begin(epochId: string, { store, adopt = false }: Partial<Pick<Welcome, 'store' | 'adopt'>> = {}): void {
    this.current = this.use(epochId);
    this.current.store = store;
    this.adopts = adopt;
  }

  /** Whether to list a job to the server of the session. A job of a durable store waits for a server of that store. */
  isListed({ epoch: { store } }: { readonly epoch: Epoch }): boolean {
    return this.adopts || !store?.durable || store.id === this.current.store?.id;
  }

  /** Returns undefined if the epoch is unknown. */
  epochOf(id: MessageId): Epoch<Job> | undefined {
    if (typeof id === 'number') return this.current;
    return this.epochs.get(epochIdOf(id));
  }

  /**
   * Returns the epoch of a command, which may have been queued since before this client started.
   * @returns undefined if the epoch may be a forgotten one.
   */
  epochOfCommand(id: MessageId): Epoch<Job> | undefined {
    const known = this.epochOf(id);
    if (known || typeof id === 'number' || this.hasForgotten) return known;
    const epoch = this.use(epochIdOf(id));
    epoch.store = this.current.store;
    return epoch;
  }

  find(id: MessageId): Job | undefined {
    return typeof id === 'number' ? this.current.jobs.get(id) : this.epochOf(id)?.jobs.get(counterOf(id));
  }

  /** Returns the epoch with this id, created if necessary, and marks it as the most recently used. */
  use(epochId: string): Epoch<Job> {
    const epoch = this.epochs.get(epochId) ?? new Epoch<Job>(epochId);
    this.epochs.delete(epochId);
    this.epochs.set(epochId, epoch);
    for (const oldest of this.epochs.values()) {
      if (this.epochs.size <= limits.maxServerBoots) break;
      if (oldest === epoch || oldest.jobs.size > 0) continue;
      this.epochs.delete(oldest.id);
      this.hasForgotten = true;
    }
    return epoch;
  }

  /** The id of the job in messages of the session. */
  idFor(job: Job): MessageId {
    return job.epoch === this.current ? job.counter : job.id;
  }

  add(job: Job): Job {
    job.epoch.jobs.set(job.counter, job);
    this.count += 1;
    return job;
  }

  delete(job: Job): void {
    if (job.epoch.jobs.delete(job.counter)) this.count -= 1;
  }

  /** All held jobs, oldest first. */
  all(): Job[] {
    const all = [...this.epochs.values()].flatMap(({ jobs }) => [...jobs.values()]);
    return all.sort((a, b) => a.startedAtMs - b.startedAtMs);
  }
}

export const epochIdOf = (id: string): string => id.slice(0, id.indexOf('.'));

export const counterOf = (id: MessageId): number =>
  typeof id === 'number' ? id : Number(id.slice(id.indexOf('.') + 1));
