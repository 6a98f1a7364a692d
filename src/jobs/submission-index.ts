import type { JobRecord } from './job-record.ts';
import type { Submission } from './submission.ts';

type OwnSubmission = Submission<JobRecord>;

const minBuckets = 1_024;

/**
 * Submissions of this server by counter, in constant time. Counters increase by one, so they spread evenly over the
 * buckets. A `Map` would need five times the memory, and would repeatedly copy itself while entries come and go.
 */
export class SubmissionIndex {
  private buckets = bucketsOf(minBuckets);
  private size = 0;

  get(counter: number): OwnSubmission | undefined {
    let found = this.buckets[counter & (this.buckets.length - 1)];
    while (found && found.localId !== counter) found = found.nextInBucket;
    return found;
  }

  add(submission: OwnSubmission): void {
    this.size += 1;
    if (this.size > this.buckets.length) this.resize(this.buckets.length * 2);
    this.put(submission);
  }

  remove(submission: OwnSubmission): void {
    const bucket = this.bucketOf(submission);
    let before = this.buckets[bucket];
    if (before === submission) this.buckets[bucket] = submission.nextInBucket;
    else {
      while (before && before.nextInBucket !== submission) before = before.nextInBucket;
      if (!before) return;
      before.nextInBucket = submission.nextInBucket;
    }
    submission.nextInBucket = undefined;
    this.size -= 1;
    if (this.size * 8 < this.buckets.length && this.buckets.length > minBuckets) this.resize(this.buckets.length / 2);
  }

  private put(submission: OwnSubmission): void {
    const bucket = this.bucketOf(submission);
    submission.nextInBucket = this.buckets[bucket];
    this.buckets[bucket] = submission;
  }

  private bucketOf({ localId }: OwnSubmission): number {
    return Number(localId) & (this.buckets.length - 1);
  }

  private resize(length: number): void {
    const before = this.buckets;
    this.buckets = bucketsOf(length);
    for (const first of before) {
      for (let submission = first; submission; ) {
        const next = submission.nextInBucket;
        this.put(submission);
        submission = next;
      }
    }
  }
}

const bucketsOf = (length: number) => new Array<OwnSubmission | undefined>(length).fill(undefined);
