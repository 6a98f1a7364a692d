import type { Settlement } from '../../jobs/settlement.ts';
import type { OutputRun } from '../../kept-output.ts';
import type { StoredJob, StoredSubmission } from '../stored-job.ts';

const noOutput: readonly OutputRun[] = [];

/** The submission of kept jobs. */
export interface KeptSubmission {
  /** Replaced when its arguments are dropped. */
  submission: StoredSubmission;
  readonly jobs: Map<string, KeptJob>;
}

/** A job in memory: the submitted data, and the changes since. */
export class KeptJob {
  readonly of: KeptSubmission;
  private readonly submitted: StoredJob;
  client: string;
  sentAs: string | undefined;
  vouched: StoredJob['vouched'];
  bootId: string | undefined;
  cancelRequested: boolean;
  settledAtMs: number | undefined;
  settlement: Settlement | undefined;
  late: Settlement | undefined;
  output = noOutput;
  /** Its contents are pruned. It is kept only for its client. */
  isTombstone = false;

  constructor(of: KeptSubmission, job: StoredJob) {
    this.of = of;
    this.submitted = job;
    ({
      client: this.client,
      sentAs: this.sentAs,
      vouched: this.vouched,
      bootId: this.bootId,
      cancelRequested: this.cancelRequested,
      settledAtMs: this.settledAtMs,
      settlement: this.settlement,
      late: this.late,
    } = job);
  }

  get place(): number | undefined {
    return this.submitted.place;
  }

  get outputBytes(): number {
    return this.output.reduce((sum, { data }) => sum + data.length, 0);
  }

  prune(): void {
    this.isTombstone = true;
    this.output = noOutput;
    this.settlement = { outcome: 'lost' };
  }

  /** A snapshot, independent of later changes. */
  view(): StoredJob {
    const { submission } = this.of;
    return {
      ...this.submitted,
      client: this.client,
      sentAs: this.sentAs,
      vouched: this.vouched,
      submission: this.isTombstone ? { ...submission, args: {}, auditedArgs: {} } : submission,
      bootId: this.bootId,
      cancelRequested: this.cancelRequested,
      settledAtMs: this.settledAtMs,
      settlement: this.settlement,
      late: this.late,
    };
  }
}
