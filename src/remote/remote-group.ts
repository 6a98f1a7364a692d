import type { JobGroup, JobOutcome } from '../plugin/job-group.ts';
import type { JobKey } from '../plugin/job-service.ts';
import type { RemoteJob } from './remote-job.ts';

/** The jobs of one submission to a server in another process. */
export class RemoteGroup implements JobGroup {
  readonly id: string;
  readonly number: number;
  readonly jobs: readonly RemoteJob[];
  private readonly askToCancel: (jobs: readonly JobKey[]) => Promise<void>;

  constructor(
    { id, number }: { readonly id: string; readonly number: number },
    jobs: readonly RemoteJob[],
    askToCancel: (jobs: readonly JobKey[]) => Promise<void>,
  ) {
    this.id = id;
    this.number = number;
    this.jobs = jobs;
    this.askToCancel = askToCancel;
  }

  get accepted(): Promise<boolean[]> {
    return Promise.all(this.jobs.map(({ accepted }) => accepted));
  }

  get outcomes(): Promise<JobOutcome[]> {
    return Promise.all(this.jobs.map(({ outcome }) => outcome));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<JobOutcome> {
    const ended: JobOutcome[] = [];
    let wake = () => {};
    for (const { outcome } of this.jobs) {
      void outcome.then((one) => {
        ended.push(one);
        wake();
      });
    }
    for (let taken = 0; taken < this.jobs.length; taken += 1) {
      while (ended.length === taken) await new Promise<void>((resolve) => (wake = resolve));
      yield ended[taken] as JobOutcome;
    }
  }

  async cancel(): Promise<void> {
    const open = this.jobs.filter(({ isSettled }) => !isSettled);
    if (open.length > 0) await this.askToCancel(open);
  }
}
