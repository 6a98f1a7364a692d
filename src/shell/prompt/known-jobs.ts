import { limits } from '../../../schemas/limits.ts';
import { jobKeyText } from '../../place-name.ts';
import type { JobView } from '../../plugin/job-service.ts';
import type { Event } from '../../plugin/observer.ts';

/** A job, as far as completion needs it. */
export type KnownJob = Pick<JobView, 'id' | 'number' | 'client' | 'place' | 'command' | 'state' | 'outcome'>;

/**
 * Jobs of data commands that a server knows, kept up to date by events. Keeps as many ended jobs as the server itself.
 */
export class KnownJobs {
  private readonly isData: (command: string) => boolean;
  private readonly settled = new Map<string, KnownJob>();
  /** Cached: a new iterator would rescan deleted slots. */
  private readonly oldest = this.settled.keys();
  private readonly unsettled = new Map<string, KnownJob>();
  private stored: readonly KnownJob[] = [];

  constructor(isData: (command: string) => boolean) {
    this.isData = isData;
  }

  /** Ended jobs first. */
  all(): KnownJob[] {
    const earlier = this.stored.filter(
      (job) => !this.settled.has(jobKeyText(job)) && !this.unsettled.has(jobKeyText(job)),
    );
    return [...earlier, ...this.settled.values(), ...this.unsettled.values()];
  }

  /** Jobs of the store, oldest first, including those of earlier servers. */
  setStored(jobs: readonly KnownJob[]): void {
    this.stored = jobs.filter(({ command }) => this.isData(command));
  }

  /** Keeps jobs of the store. */
  clear(): void {
    this.settled.clear();
    this.unsettled.clear();
  }

  set({ id, number, client, place, command, state, outcome }: KnownJob): void {
    if (!this.isData(command)) return;
    const job = { id, number, client, ...(place !== undefined && { place }), command, state, outcome };
    const key = jobKeyText(job);
    if (state !== 'settled') {
      if (!this.settled.has(key)) this.unsettled.set(key, job);
      return;
    }
    this.unsettled.delete(key);
    this.settled.set(key, job);
    while (this.settled.size > limits.maxSettledJobs) {
      const { value } = this.oldest.next();
      if (value !== undefined) this.settled.delete(value);
    }
  }

  event(event: Event): void {
    switch (event.type) {
      case 'job.submitted':
        this.set({ ...event, state: event.client === null ? 'waiting' : 'sent', outcome: undefined });
        break;
      case 'job.placed':
        this.set({ ...event, state: 'sent', outcome: undefined });
        break;
      case 'job.accepted':
      case 'job.reachable':
        this.set({ ...event, state: 'accepted', outcome: undefined });
        break;
      case 'job.unreachable':
        this.set({ ...event, state: 'unreachable', outcome: undefined });
        break;
      case 'job.settled':
        this.set({ ...event, state: 'settled' });
        break;
    }
  }
}
