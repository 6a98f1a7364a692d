import type { Outcome } from '../../../schemas/index.ts';
import type { Settlement } from '../../jobs/settlement.ts';
import type { OutputRun } from '../../kept-output.ts';
import type { Holder } from '../job-store.ts';
import type { Change, StoredJob, StoredJobKey, StoredSubmission } from '../stored-job.ts';

export const startMs = 1_700_000_000_000;

export const holderOf = (epoch: string): Holder => ({ epoch, endpoint: 'tcp://127.0.0.1:5555', host: 'h1', pid: 4711 });

export function submissionOf(number: number, changed: Partial<StoredSubmission> = {}): StoredSubmission {
  return {
    number,
    id: `epochone0000.${number}`,
    command: 'run',
    kind: 'data',
    args: { argv: ['true'], secret: `s${number}` },
    auditedArgs: { argv: ['true'] },
    redacted: ['secret'],
    actor: 'ada',
    key: undefined,
    submittedAtMs: startMs + number,
    expiresAtMs: undefined,
    timeoutMs: undefined,
    traceparent: undefined,
    standing: false,
    batch: undefined,
    targets: undefined,
    ...changed,
  };
}

export function jobOf(submission: StoredSubmission, client: string, changed: Partial<StoredJob> = {}): StoredJob {
  return {
    submission,
    client,
    place: undefined,
    sentAs: undefined,
    vouched: undefined,
    bootId: undefined,
    adopted: false,
    takenUp: false,
    cancelRequested: false,
    settledAtMs: undefined,
    settlement: undefined,
    late: undefined,
    ...changed,
  };
}

export const keyOf = ({ submission, client }: StoredJob): StoredJobKey => ({ id: submission.id, client });

export const submitted = (submission: StoredSubmission, ...jobs: readonly StoredJob[]): Change => ({
  type: 'submitted',
  submission,
  jobs,
});

/** One submission to some clients. */
export const sentTo = (clients: readonly string[], submission: StoredSubmission): Change =>
  submitted(submission, ...clients.map((client) => jobOf(submission, client, { bootId: `boot-of-${client}` })));

/** Like `sentTo`, but not sent yet. */
export const waitingFor = (clients: readonly string[], submission: StoredSubmission): Change =>
  submitted(submission, ...clients.map((client) => jobOf(submission, client)));

export const outputOf = (text: string): readonly OutputRun[] =>
  text === '' ? [] : [{ stream: 'stdout', offset: 0, data: Buffer.from(text) }];

interface SettledWith {
  readonly outcome?: Outcome;
  readonly settlement?: Settlement;
  readonly atMs?: number;
  readonly output?: readonly OutputRun[];
  readonly isLast?: boolean;
}

export const settled = (job: StoredJobKey, changed: SettledWith = {}): Change => ({
  type: 'settled',
  job,
  settlement: changed.settlement ?? { outcome: changed.outcome ?? 'completed', durationMs: 3 },
  atMs: changed.atMs ?? startMs + 1_000,
  output: changed.output ?? [],
  isLast: changed.isLast ?? true,
});
