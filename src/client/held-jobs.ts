import { limits, type Welcome } from '../../schemas/index.ts';
import { Epoch } from './epoch.ts';
import type { Job } from './job.ts';
import type { MessageId } from './job-output.ts';

/**
 * The jobs of a client by epoch and counter, and what an id in a message names: a number is a counter of the session's
 * own epoch, which costs one look into a map of integers and no string; a string has the full form `EPOCH.COUNTER`.
 *
 * The last `maxServerBoots` epochs are kept, and those whose jobs are held.
 */
export class HeldJobs {
  /** By id, least recently used first. */
  private readonly epochs = new Map<string, Epoch<Job>>();
  /** That of the session. Before the first session none has its id. */
  private current = new Epoch<Job>('');
  private count = 0;
  /** The server of the session takes the jobs of any store. */
  private adopts = false;
  /** An epoch was forgotten: one that is not known may be it. */
  private hasForgotten = false;

  /** Number of jobs that are held. */
  get size(): number {
    return this.count;
  }

  /** A session with a server of this epoch begins. */
  begin(epochId: string, { store, adopt = false }: Partial<Pick<Welcome, 'store' | 'adopt'>> = {}): void {
    this.current = this.use(epochId);
    this.current.store = store;
    this.adopts = adopt;
  }

  /** Whether the server of the session is told of the job: one in a durable store waits for a server of that store. */
  isListed({ epoch: { store } }: { readonly epoch: Epoch }): boolean {
    return this.adopts || !store?.durable || store.id === this.current.store?.id;
  }

  /** Undefined if it is not known here. */
  epochOf(id: MessageId): Epoch<Job> | undefined {
    if (typeof id === 'number') return this.current;
    return this.epochs.get(epochIdOf(id));
  }

  /**
   * The epoch of a command, which may have waited since before this client began.
   * @returns undefined if it may be one that was forgotten.
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

  /** The epoch with this id, as the one used last. It is made where there is none. */
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

  /** What names the job in messages of the session. */
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

  /** All of them, oldest first. */
  all(): Job[] {
    const all = [...this.epochs.values()].flatMap(({ jobs }) => [...jobs.values()]);
    return all.sort((a, b) => a.startedAtMs - b.startedAtMs);
  }
}

export const epochIdOf = (id: string): string => id.slice(0, id.indexOf('.'));

export const counterOf = (id: MessageId): number =>
  typeof id === 'number' ? id : Number(id.slice(id.indexOf('.') + 1));
