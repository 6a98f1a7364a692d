import { jobKeyText, type Placed } from '../place-name.ts';
import type { JobKey } from '../plugin/job-service.ts';
import type { Event } from '../plugin/observer.ts';

interface Submitted {
  readonly id: string;
  readonly jobs: readonly unknown[];
}

/** A job; or all of a submission, of which one is not known. */
type Named = Partial<Placed> & { readonly id: string };

/**
 * The submissions that were sent from here, and jobs that somebody here asks about, until they have ended. Events of a job
 * can come before the answer to its submission: while an answer is awaited, it is unknown whether an unknown job is ours.
 */
export class OwnJobs {
  /** Jobs without an outcome, by id of their submission. */
  private readonly unsettled = new Map<string, number>();
  /** The same of submissions whose events are not ours to show: builtins show what comes of them. */
  private readonly aside = new Map<string, number>();
  /** Jobs of others that somebody here has asked about, by id and client. */
  private readonly named = new Set<string>();
  /** Say of a job of somebody else whether it is to be shown as ours. */
  private readonly following = new Set<(job: JobKey) => Promise<boolean>>();
  /** What these have said, by id of the submission. */
  private readonly followed = new Map<string, boolean | undefined>();
  private readonly listeners = new Set<() => void>();
  private sending = 0;

  /** Whether the event is about a job that was sent from here; undefined where that is not known yet. */
  has(job: Named): boolean | undefined {
    if (this.unsettled.has(job.id) || this.named.has(keyOf(job)) || this.followed.get(job.id)) return true;
    if (this.sending > 0) return undefined;
    if (this.following.size === 0 || this.aside.has(job.id)) return false;
    const { id, client, place } = job;
    if (!this.followed.has(id) && client !== undefined) this.ask({ id, client, place });
    return this.followed.get(id);
  }

  /** From now on, until that is disposed, `isOurs` is asked about each job of somebody else. */
  follow(isOurs: (job: JobKey) => Promise<boolean>): Disposable {
    this.following.add(isOurs);
    return {
      [Symbol.dispose]: () => {
        this.following.delete(isOurs);
        if (this.following.size === 0) this.followed.clear();
        this.changed();
      },
    };
  }

  /** Whether a builtin has submitted it. */
  isAside({ id }: { readonly id: string }): boolean {
    return this.aside.has(id);
  }

  /** @param listener called when `has` may know more. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  begin(): void {
    this.sending += 1;
  }

  /** @param group that was sent; undefined if none was. */
  end(group?: Submitted): void {
    this.ended(this.unsettled, group);
  }

  /** As `end`, of what a builtin has submitted. */
  endAside(group?: Submitted): void {
    this.ended(this.aside, group);
  }

  /** Jobs, which others may have sent, are asked about. */
  name(jobs: readonly (Named & { readonly state: string })[]): void {
    for (const job of jobs) if (job.state !== 'settled') this.named.add(keyOf(job));
    this.changed();
  }

  /** To be called with each event, after it was judged. */
  event(event: Event): void {
    if (event.type !== 'job.settled') return;
    this.named.delete(keyOf(event));
    for (const counts of [this.unsettled, this.aside]) {
      const left = (counts.get(event.id) ?? 0) - 1;
      if (left > 0) counts.set(event.id, left);
      else counts.delete(event.id);
    }
  }

  /** A job that cannot be read is somebody else's. */
  private ask(job: JobKey): void {
    this.followed.set(job.id, undefined);
    const answers = [...this.following].map((isOurs) => isOurs(job).catch(() => false));
    void Promise.all(answers).then((all) => {
      if (!this.followed.has(job.id)) return;
      this.followed.set(job.id, all.includes(true));
      this.changed();
    });
  }

  private ended(counts: Map<string, number>, group: Submitted | undefined): void {
    this.sending -= 1;
    if (group) counts.set(group.id, group.jobs.length);
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

const keyOf = ({ client = null, ...job }: Named): string => jobKeyText({ ...job, client });
