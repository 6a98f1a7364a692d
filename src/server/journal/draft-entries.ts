import type { JobRecord } from '../../jobs/job-record.ts';
import type { Settlement } from '../../jobs/settlement.ts';
import type { Submission } from '../../jobs/submission.ts';
import type { OutputRun } from '../../kept-output.ts';
import type { Change } from '../../store/stored-job.ts';
import { keyOf, newJob, storedSubmission } from './stored-form.ts';

export type Submitted = Submission<JobRecord>;

/** New jobs of a submission. The change is created when the draft is committed, because a job may be bound by then. */
export class NewJobs {
  readonly submission: Submitted;
  readonly jobs: JobRecord[] = [];

  constructor(submission: Submitted) {
    this.submission = submission;
  }

  get change(): Change {
    const submission = storedSubmission(this.submission);
    return { type: 'submitted', submission, jobs: this.jobs.map((job) => newJob(submission, job)) };
  }
}

const nothing: Settlement = { outcome: 'lost' };
const noOutput: readonly OutputRun[] = [];

/** An outcome. Only little is kept until the commit; the change is created for the commit. */
export class Ended {
  readonly job: JobRecord;
  private readonly type: 'settled' | 'late';
  private readonly settlement: Settlement;
  private readonly output: readonly OutputRun[];
  private readonly isLast: boolean;

  constructor(job: JobRecord, type: 'settled' | 'late') {
    const output = job.outputRuns();
    this.job = job;
    this.type = type;
    this.settlement = (type === 'late' ? job.late : job.settlement) ?? nothing;
    this.output = output.length === 0 ? noOutput : output;
    this.isLast = !job.submission.isOpen;
  }

  get change(): Change {
    const { type, settlement, output, isLast } = this;
    const atMs = this.job.settledAtMs ?? Date.now();
    const job = keyOf(this.job);
    return type === 'late' ? { type, job, settlement, output } : { type, job, settlement, atMs, output, isLast };
  }
}

/** Any other change. */
export interface Entry {
  readonly job?: JobRecord;
  readonly change: Change;
}
