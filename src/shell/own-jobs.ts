import { jobKeyText, type Placed } from '../place-name.ts';
import type { JobKey } from '../plugin/job-service.ts';
import type { Event } from '../plugin/observer.ts';

interface Submitted {
  readonly id: string;
  readonly jobs: readonly unknown[];
}

/** A job, or a whole submission if the job is not known. */
type Named = Partial<Placed> & { readonly id: string };

/**
 * Tracks submissions sent from here, and jobs that a user here asked about, until they have ended. Events of a job can
 * arrive before the answer to its submission: while an answer is pending, it is undecided whether an unknown job is ours.
 */
export class OwnJobs {
  /** Number of jobs without an outcome, by submission id. */
  private readonly unsettled = new Map<string, number>();
  /** The same for submissions of builtins, which show their results themselves. */
  private readonly aside = new Map<string, number>();
  /** Jobs of others that a user here asked about, by id and client. */
  private readonly named = new Set<string>();
  /** Decides whether a job that this shell did not submit is shown as its own. */
  private readonly following = new Set<(job: JobKey) => Promise<boolean>>();
  /** Their decisions, by submission id. */
  private readonly followed = new Map<string, boolean | undefined>();
  private readonly listeners = new Set<() => void>();
  private sending = 0;

  /** Whether the job was sent from here; undefined while that is not known. */
  has(job: Named): boolean | undefined {
    if (this.unsettled.has(job.id) || this.named.has(keyOf(job)) || this.followed.get(job.id)) return true;
    if (this.sending > 0) return undefined;
    if (this.following.size === 0 || this.aside.has(job.id)) return false;
    const { id, client, place } = job;
    if (!this.followed.has(id) && client !== undefined) this.ask({ id, client, place });
    return this.followed.get(id);
  }

  /** Calls `isOurs` for each job of other submitters until the returned object is disposed. */
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

  /** Whether a builtin submitted it. */
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

  /** @param group the sent group; undefined if none was sent. */
  end(group?: Submitted): void {
    this.ended(this.unsettled, group);
  }

  /** Like `end`, for a submission of a builtin. */
  endAside(group?: Submitted): void {
    this.ended(this.aside, group);
  }

  /** Marks jobs, possibly of others, as asked about. */
  name(jobs: readonly (Named & { readonly state: string })[]): void {
    for (const job of jobs) if (job.state !== 'settled') this.named.add(keyOf(job));
    this.changed();
  }

  /** Call it with each event, after `has`. */
  event(event: Event): void {
    if (event.type !== 'job.settled') return;
    this.named.delete(keyOf(event));
    for (const counts of [this.unsettled, this.aside]) {
      const left = (counts.get(event.id) ?? 0) - 1;
      if (left > 0) counts.set(event.id, left);
      else counts.delete(event.id);
    }
  }

  /** A job that cannot be read counts as somebody else's. */
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
