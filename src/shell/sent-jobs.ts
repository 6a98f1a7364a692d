import { jobKeyText } from '../place-name.ts';
import type { JobGroup, JobHandle } from '../plugin/job-group.ts';
import type { JobKey } from '../plugin/job-service.ts';
import type { Event } from '../plugin/observer.ts';
import type { SentGroup, SentJob } from '../plugin/sent.ts';
import type { EventPump } from './output/pump.ts';
import type { OwnJobs } from './own-jobs.ts';

interface Shown {
  readonly accepted: PromiseWithResolvers<void>;
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * Follows sent jobs until their ends have been shown. A line continues, and a script ends, only after the output has
 * received what they waited for.
 */
export class SentJobs {
  private readonly unsettled = new Map<string, Shown>();
  private submitting = 0;
  /** Events shown while a submission was under way: they may belong to its jobs. */
  private readonly early = new Map<string, 'accepted' | 'settled'>();
  private isOver = false;

  private readonly own: OwnJobs;

  constructor(events: EventPump) {
    this.own = events.own;
    events.listen((event) => this.shown(event));
    void events.over.then(() => {
      this.isOver = true;
      for (const key of this.unsettled.keys()) this.show(key, 'settled');
    });
  }

  /** @param submit sends a command. */
  async send(submit: () => Promise<JobGroup>): Promise<SentGroup> {
    this.submitting += 1;
    this.own.begin();
    let group: JobGroup | undefined;
    try {
      group = await submit();
      const { id, number, jobs } = group;
      const sent = jobs.map((job) => this.follow(job));
      return {
        ...{ id, number },
        jobs: sent,
        get accepted() {
          return Promise.all(sent.map(({ accepted }) => accepted));
        },
        get outcomes() {
          return Promise.all(sent.map(({ outcome }) => outcome));
        },
      };
    } finally {
      this.submitting -= 1;
      this.own.end(group);
      if (this.submitting === 0) this.early.clear();
    }
  }

  /** Whether the job was sent from here and its end has not been shown. */
  has(job: JobKey): boolean {
    return this.unsettled.has(jobKeyText(job));
  }

  private follow(job: JobHandle): SentJob {
    const key = jobKeyText(job);
    const shown: Shown = { accepted: Promise.withResolvers(), settled: Promise.withResolvers() };
    this.unsettled.set(key, shown);
    const early = this.isOver ? 'settled' : this.early.get(key);
    if (early) this.show(key, early);
    const { id, number, place, command, mayLoseOutput, standing } = job;
    return {
      ...{ id, number, command },
      // A place is given a client later.
      get client() {
        return job.client;
      },
      ...(place !== undefined && { place }),
      ...(mayLoseOutput && { mayLoseOutput }),
      ...(standing && { standing }),
      accepted: job.accepted.then(async (isAccepted) => {
        await (isAccepted ? shown.accepted : shown.settled).promise;
        return isAccepted;
      }),
      outcome: job.outcome.then(async (outcome) => {
        await shown.settled.promise;
        return outcome;
      }),
    };
  }

  private shown(event: Event): void {
    if (event.type !== 'job.accepted' && event.type !== 'job.settled') return;
    const key = jobKeyText(event);
    const how = event.type === 'job.accepted' ? 'accepted' : 'settled';
    if (this.unsettled.has(key)) this.show(key, how);
    else if (this.submitting > 0) this.early.set(key, how);
  }

  private show(key: string, how: 'accepted' | 'settled'): void {
    const shown = this.unsettled.get(key);
    shown?.accepted.resolve();
    if (how === 'accepted') return;
    shown?.settled.resolve();
    this.unsettled.delete(key);
  }
}
