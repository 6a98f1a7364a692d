import type { Event } from '../plugin/observer.ts';

/**
 * The submissions that were sent from here, and jobs that somebody here asks about, until they have ended. Events of a job
 * can come before the answer to its submission: while an answer is awaited, it is unknown whether an unknown job is ours.
 */
export class OwnJobs {
  /** Jobs without an outcome, by id of their submission. */
  private readonly unsettled = new Map<string, number>();
  /** Jobs of others that somebody here has asked about, by id and client. */
  private readonly named = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private sending = 0;

  /** Whether the event is about a job that was sent from here; undefined where that is not known yet. */
  has(job: { readonly id: string; readonly client?: string }): boolean | undefined {
    return this.unsettled.has(job.id) || this.named.has(keyOf(job)) || (this.sending > 0 ? undefined : false);
  }

  /** @param listener called when `has` may know more. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  begin(): void {
    this.sending += 1;
  }

  /** @param group that was sent; undefined if none was. */
  end(group?: { readonly id: string; readonly jobs: readonly unknown[] }): void {
    this.sending -= 1;
    if (group) this.unsettled.set(group.id, group.jobs.length);
    this.changed();
  }

  /** Jobs, which others may have sent, are asked about. */
  name(jobs: readonly { readonly id: string; readonly client: string; readonly state: string }[]): void {
    for (const job of jobs) if (job.state !== 'settled') this.named.add(keyOf(job));
    this.changed();
  }

  /** To be called with each event, after it was judged. */
  event(event: Event): void {
    if (event.type !== 'job.settled') return;
    this.named.delete(keyOf(event));
    const left = (this.unsettled.get(event.id) ?? 0) - 1;
    if (left > 0) this.unsettled.set(event.id, left);
    else this.unsettled.delete(event.id);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

const keyOf = ({ id, client }: { readonly id: string; readonly client?: string }): string => `${id}/${client}`;
