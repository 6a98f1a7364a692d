import type { JobEffects } from './job-effects.ts';
import type { JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';
import { endsOf, type OutputEnd, type Settlement, withLoss } from './settlement.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The one way to write to a record: its fields are readonly everywhere else. */
const change = (job: JobRecord): Writable<JobRecord> => job;

/**
 * Every change of a job, each here once, with the indexes, counts and news that go with it. All else in this folder decides which one
 * is due.
 *
 * - `waiting`: submitted. Its client does not know of it; here it is cancelled, or expires, at once.
 * - `sent`: on its way; whether it has arrived is unknown. A client is sent only so many that it has not answered. A job that was
 *   begun for another server, and is adopted, begins here.
 * - `accepted`: its client has said that it runs: by `accepted`, by listing it, or by how it ended.
 * - `unreachable`: a standing job that was sent or accepted, whose client stays away. When that lists it again, or is sent it again, it is what
 *   it was before.
 * - `settled`: it has its outcome, from any other state, and that never changes. When what its client said has been taken
 *   (`written`), the client may forget it. After `lost`, what its client says of how it ended is `late`, once.
 */
export class Transitions {
  private readonly jobs: KnownJobs;
  private readonly effects: JobEffects;

  constructor(jobs: KnownJobs, effects: JobEffects) {
    this.jobs = jobs;
    this.effects = effects;
  }

  submitted(job: JobRecord): void {
    this.jobs.add(job);
  }

  adopted(job: JobRecord): void {
    this.jobs.add(job);
    this.isSent(job);
  }

  /** For the first time, or again: it never arrived. */
  sent(job: JobRecord, nowMs: number): void {
    if (job.state === 'waiting') this.isSent(job);
    change(job).sentAtMs = nowMs;
  }

  /** @param nowMs undefined where it was accepted some time ago. */
  accepted(job: JobRecord, nowMs?: number): void {
    if (job.state !== 'sent') return;
    const changed = change(job);
    this.jobs.of(job.client).unanswered -= 1;
    changed.state = 'accepted';
    changed.isAccepted = true;
    if (nowMs !== undefined) {
      changed.acceptedAtMs = nowMs;
      if (job.sentAtMs !== undefined) changed.roundTripMs = nowMs - job.sentAtMs;
    }
    this.effects.tell(job, { type: 'accepted' }, () => {});
  }

  unreachable(job: JobRecord, reason: string): void {
    if (job.state !== 'sent' && job.state !== 'accepted') return;
    if (job.state === 'sent') this.jobs.of(job.client).unanswered -= 1;
    change(job).state = 'unreachable';
    this.effects.tell(job, { type: 'unreachable', reason }, () => {});
  }

  reachable(job: JobRecord): void {
    if (job.state !== 'unreachable') return;
    if (job.isAccepted) change(job).state = 'accepted';
    else this.isSent(job);
    this.effects.tell(job, { type: 'reachable' }, () => {});
  }

  cancelRequested(job: JobRecord): void {
    change(job).cancelRequested = true;
  }

  /** A session has begun: its client has yet to say whether it holds the job. */
  unlisted(job: JobRecord): void {
    change(job).listed = false;
  }

  listed(job: JobRecord): void {
    const changed = change(job);
    changed.listed = true;
    changed.outputFull = false;
    this.reachable(job);
  }

  outputFull(job: JobRecord, isFull: boolean): void {
    change(job).outputFull = isFull;
  }

  progressed(job: JobRecord, fraction: number, note: string | undefined): void {
    change(job).progress = { fraction, note };
    this.effects.tell(job, { type: 'progress', fraction, note }, () => {});
  }

  /** The one place where a job gets its outcome. Nothing where it has one. */
  settled(job: JobRecord, own: Settlement, outputEnd: OutputEnd = {}): void {
    if (job.state === 'settled') return;
    for (const [stream, offset] of endsOf(outputEnd)) {
      const missing = job.receivedOutput.skipTo(stream, offset);
      if (missing.lostBytes + missing.takenBytes === 0) continue;
      this.effects.tell(job, { type: 'output', stream, offset, data: Buffer.alloc(0), ...missing }, () => {});
    }
    const settlement = withLoss(own, job.lostOutput, outputEnd);
    if (job.state === 'sent') this.jobs.of(job.client).unanswered -= 1;
    const changed = change(job);
    changed.state = 'settled';
    changed.settlement = settlement;
    this.jobs.keep(job);
    this.effects.tell(job, { type: 'settled', settlement }, () => {
      // A `lost` job is acked only when its real outcome arrives.
      if (settlement.outcome !== 'lost') this.written(job);
    });
  }

  /** How it ended, after it had been settled as `lost`. */
  late(job: JobRecord, own: Settlement, outputEnd: OutputEnd): void {
    // Output that came after `lost` was not published.
    for (const [stream, offset] of endsOf(outputEnd)) job.receivedOutput.skipTo(stream, offset);
    const settlement = withLoss(own, job.lostOutput, outputEnd);
    change(job).late = settlement;
    this.effects.tell(job, { type: 'late', settlement }, () => this.written(job));
  }

  private isSent(job: JobRecord): void {
    change(job).state = 'sent';
    this.jobs.of(job.client).unanswered += 1;
  }

  /** What the client said of how it ended has left this process. */
  private written(job: JobRecord): void {
    change(job).written = true;
    // What was never sent its client need not forget.
    if (job.sentAtMs !== undefined || job.adopted) this.effects.send(job.client, { type: 'ack', ids: [job.id] });
  }
}
