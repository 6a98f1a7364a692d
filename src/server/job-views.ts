import type { CommandContract } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { JobRef } from '../jobs/events.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { Settlement } from '../jobs/settlement.ts';
import { isPlaceName } from '../place-name.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import type { JobDetails, JobView, LateOutcome } from '../plugin/job-service.ts';
import type { StoredJob } from '../store/stored-job.ts';
import { epochMsOf } from './journal/stored-form.ts';
import { resultText } from './result-text.ts';

/** The common basis of views of jobs in the table and in the store. */
type Facts = Omit<JobDetails, 'outcome' | 'error' | 'late' | 'result' | 'text'> & {
  readonly settlement: Settlement | undefined;
  readonly late: Settlement | undefined;
};

interface Describing {
  readonly commands: ReadonlyMap<string, CommandContract>;
  readonly faults: FaultReports;
}

/** Identifies a job. */
export function refOf({ id, number, client, place, command, adopted, vouched }: JobRecord): JobRef {
  return { id, number, ...whoOf(client, place), command, ...(adopted && { adopted }), ...(vouched && { vouched }) };
}

export function refOfStored({ submission, client, place, adopted, vouched }: StoredJob): JobRef {
  const { id, number, command } = submission;
  return { id, number, ...whoOf(client, place), command, ...(adopted && { adopted }), ...(vouched && { vouched }) };
}

/** @param client name of the client or of the place. */
function whoOf(client: string, place: number | undefined): Pick<JobRef, 'client' | 'place'> {
  return place === undefined ? { client } : { client: isPlaceName(client) ? null : client, place };
}

/** @param hidesEnd whether the outcome must not be visible yet. */
export const viewJob = (job: JobRecord, hidesEnd = false): JobView => viewOf(factsOf(job, hidesEnd));

export const viewStored = (job: StoredJob): JobView => viewOf(factsOfStored(job));

export const detailsOf = (job: JobRecord, hidesEnd: boolean, describing: Describing): JobDetails =>
  detailed(factsOf(job, hidesEnd), describing);

export const detailsOfStored = (job: StoredJob, describing: Describing): JobDetails =>
  detailed(factsOfStored(job), describing);

function factsOf(job: JobRecord, hidesEnd: boolean): Facts {
  const { submission, bootId } = job;
  const { key, expiresAtMs, timeoutMs, traceparent, redacted } = submission;
  const settlement = hidesEnd ? undefined : job.settlement;
  return {
    ...refOf(job),
    kind: job.kind,
    args: job.auditedArgs,
    actor: submission.actor,
    state: hidesEnd ? job.stateBeforeEnd : job.state,
    ...(job.isHeld && !settlement && { held: true as const }),
    ...(job.standing && { standing: true as const }),
    submittedAtMs: submission.submittedAtMs ?? 0,
    settledAtMs: hidesEnd ? undefined : job.settledAtMs,
    progress: job.progress,
    ...(job.outputFull && job.state !== 'settled' && { outputFull: true as const }),
    ...(job.lostOutput && { lostOutput: job.lostOutput }),
    ...(job.lostRecords > 0 && { lostRecords: job.lostRecords }),
    durationMs: settlement ? settlement.durationMs : runningForMs(job),
    settlement,
    late: job.late,
    ...rareFacts({ bootId, key: key?.key, timeoutMs, traceparent, redacted, batch: submission.batch?.state }),
    ...(expiresAtMs !== undefined && { expiresAtMs: epochMsOf(expiresAtMs) }),
    ...(job.cancelRequested && { cancelRequested: true as const }),
    ...(job.takenUp && { takenUp: true as const }),
  };
}

function factsOfStored(job: StoredJob): Facts {
  const { submission, settlement, bootId } = job;
  const { key, expiresAtMs, timeoutMs, traceparent, redacted } = submission;
  const unsettled = bootId === undefined ? 'waiting' : 'sent';
  return {
    ...refOfStored(job),
    kind: submission.kind,
    args: submission.auditedArgs,
    actor: submission.actor,
    state: settlement ? 'settled' : unsettled,
    ...(submission.standing && { standing: true as const }),
    submittedAtMs: submission.submittedAtMs,
    settledAtMs: job.settledAtMs,
    progress: undefined,
    ...(settlement?.lostOutput && { lostOutput: settlement.lostOutput }),
    durationMs: settlement?.durationMs,
    settlement,
    late: job.late,
    ...rareFacts({ bootId, key: key?.key, timeoutMs, traceparent, redacted, expiresAtMs, batch: submission.batch }),
    ...(job.cancelRequested && { cancelRequested: true as const }),
    ...(job.takenUp && { takenUp: true as const }),
  };
}

/** Fields that a list omits. */
type Rare = Pick<JobDetails, 'bootId' | 'key' | 'expiresAtMs' | 'timeoutMs' | 'traceparent' | 'redacted' | 'batch'>;

/** Removes undefined fields. */
const rareFacts = (facts: { [Name in keyof Rare]: Rare[Name] | undefined }): Rare =>
  Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));

function viewOf(facts: Facts): JobView {
  const { settlement, late, ...rest } = facts;
  const { bootId: _boot, key: _key, expiresAtMs: _expires, timeoutMs: _timeout, batch: _batch, ...some } = rest;
  const { traceparent: _trace, redacted: _redacted, cancelRequested: _cancel, takenUp: _taken, ...view } = some;
  return {
    ...view,
    outcome: settlement?.outcome,
    ...(settlement?.error && { error: settlement.error }),
    ...(late && { late: lateOf(late) }),
  };
}

function detailed(facts: Facts, describing: Describing): JobDetails {
  const { settlement, late, ...rest } = facts;
  return {
    ...rest,
    outcome: settlement?.outcome,
    ...(settlement?.error && { error: settlement.error }),
    ...(settlement && resultOf(settlement, facts.command, describing)),
    ...(settlement?.outputError !== undefined && { outputError: settlement.outputError }),
    ...(late && { late: { ...lateOf(late), ...resultOf(late, facts.command, describing) } }),
  };
}

const lateOf = ({ outcome, error, durationMs }: Settlement): LateOutcome => ({
  outcome,
  ...(error && { error }),
  ...(durationMs !== undefined && { durationMs }),
});

const resultOf = (settlement: Settlement, command: string, { commands, faults }: Describing) => ({
  ...(settlement.result !== undefined && { result: settlement.result }),
  ...resultText(settlement, { contract: commands.get(command), faults }),
});

function runningForMs({ acceptedAtMs, state }: JobRecord): number | undefined {
  return state === 'accepted' && acceptedAtMs !== undefined ? Math.round(monotonicMs() - acceptedAtMs) : undefined;
}
