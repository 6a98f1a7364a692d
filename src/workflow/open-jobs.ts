import { SignalboxError } from '../../schemas/index.ts';
import { jobKeyText, keyOfText, keyText } from '../place-name.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type { JobKey, JobService } from '../plugin/job-service.ts';
import { sleep } from '../timer.ts';
import { type JobEnd, takeUp } from './take-up.ts';
import type { Ends } from './task-states.ts';

/** Delay before jobs that could not be read are read again, in ms. */
const againMs = 1_000;

/** The jobs of an attempt. `clients` has the name of the place if a job has no client. */
interface Sent {
  readonly id: string;
  readonly clients: readonly string[];
}

/** The last attempt of each task of a run, until its end is recorded. */
export class OpenJobs {
  private readonly service: JobService;
  private readonly signal: AbortSignal;
  private readonly onEnd: () => void;
  private readonly open = new Map<
    string,
    { readonly id: string; readonly clients: readonly string[]; ends: Map<string, JobEnd> }
  >();
  private readonly asked = new Set<string>();

  /** @param options.onEnd called after each end of a job. */
  constructor(options: { service: JobService; signal: AbortSignal; onEnd: () => void }) {
    this.service = options.service;
    this.signal = options.signal;
    this.onEnd = options.onEnd;
  }

  endsOf(task: string): Ends | undefined {
    return this.open.get(task)?.ends;
  }

  tasks(): string[] {
    return [...this.open.keys()];
  }

  /** Its end has been recorded. */
  forget(task: string): void {
    this.open.delete(task);
  }

  follow(task: string, { id, jobs }: JobGroup): void {
    const ends = this.begin(task, { id, clients: jobs.map(keyText) });
    for (const job of jobs) {
      void job.outcome.then((ended) => {
        const error = ended.outcome === 'completed' ? {} : { error: ended.error.message };
        ends.set(keyText(job), { client: ended.client, outcome: ended.outcome, atMs: Date.now(), ...error });
        this.onEnd();
      });
    }
  }

  /**
   * Follows the jobs that an earlier process has sent. @param onFailure called with the reason if that cannot be read; then it
   * is retried.
   */
  async takeUp(sent: ReadonlyMap<string, Sent>, onFailure: (sentence: string) => void): Promise<void> {
    const byId = new Map([...sent].map(([task, one]) => [one.id, this.begin(task, one)]));
    const jobs = [...sent.values()].flatMap(({ id, clients }) => clients.map((client) => keyOfText(id, client)));
    const onEnd = (job: JobKey, end: JobEnd): void => {
      byId.get(job.id)?.set(keyText(job), end);
      this.onEnd();
    };
    while (jobs.length > 0 && !this.signal.aborted) {
      try {
        return await takeUp(this.service, jobs, { signal: this.signal, onEnd });
      } catch (error) {
        onFailure(SignalboxError.from(error, 'internal').message);
        await sleep(againMs, this.signal);
      }
    }
  }

  /** Asks the clients to end running jobs, once for each job in this process. */
  async cancel(actor: string): Promise<void> {
    const going = [...this.open.values()].flatMap(({ id, clients, ends }) =>
      clients.filter((client) => !ends.has(client)).map((client) => keyOfText(id, client)),
    );
    for (const job of going) {
      const name = jobKeyText(job);
      if (this.asked.has(name)) continue;
      this.asked.add(name);
      // A job that has ended meanwhile may be forgotten.
      await this.service
        .as(actor)
        .cancel([job])
        .catch(() => {});
    }
  }

  private begin(task: string, sent: Sent): Map<string, JobEnd> {
    const ends = new Map<string, JobEnd>();
    this.open.set(task, { ...sent, ends });
    return ends;
  }
}
