import type { JobRef as JobRefMessage, StreamBytes } from '../../schemas/api/signalbox/v1/common_pb.js';
import type {
  JobDetails as JobDetailsMessage,
  Job as JobMessage,
  LateOutcome as LateMessage,
} from '../../schemas/api/signalbox/v1/jobs_pb.js';
import type { ErrorCode, Offsets, Outcome, WireError } from '../../schemas/index.ts';
import type { JobRef } from '../jobs/events.ts';
import type { JobDetails, JobView, LateOutcome } from '../plugin/job-service.ts';
import { given } from './given.ts';
import { fieldsOf, plainOfMessage } from './values.ts';

export function refOf(ref: JobRefMessage | undefined): JobRef {
  const { id = '', number = 0n, client = null, place, command = '', adopted = false } = ref ?? {};
  const began = place !== undefined && { place };
  return { id, number: Number(number), client, ...began, command, ...(adopted && { adopted }) };
}

export const wireErrorOf = ({ code, message }: { code: string; message: string }): WireError => ({
  code: code as ErrorCode,
  message,
});

export const offsetsOf = ({ stdout, stderr }: StreamBytes): Offsets => ({
  ...(stdout > 0n && { stdout: Number(stdout) }),
  ...(stderr > 0n && { stderr: Number(stderr) }),
});

export function jobViewOf(message: JobMessage): JobView {
  const { ref, args = {}, error, late, progress, lostOutput, standing, outputFull, held, lostRecords } = message;
  const { kind, actor, submittedAtMs, settledAtMs, state, outcome, durationMs, vouched } = message;
  return {
    ...refOf(ref),
    ...(Object.keys(vouched).length > 0 && { vouched }),
    kind: kind as JobView['kind'],
    args: fieldsOf(args),
    ...{ actor, submittedAtMs, settledAtMs },
    state: state as JobView['state'],
    ...(standing && { standing }),
    ...(held && { held }),
    outcome: outcome as Outcome | undefined,
    ...(error && { error: wireErrorOf(error) }),
    ...(late && { late: lateOf(late) }),
    progress: progress && { fraction: progress.fraction, ...given({ note: progress.note }) },
    durationMs,
    ...(outputFull && { outputFull }),
    ...(lostOutput && { lostOutput: offsetsOf(lostOutput) }),
    ...(lostRecords > 0n && { lostRecords: Number(lostRecords) }),
  };
}

export function jobDetailsOf(message: JobDetailsMessage): JobDetails {
  const { job, result, redacted, cancelRequested, takenUp, batch } = message;
  const { text, bootId, key, expiresAtMs, timeoutMs, traceparent, outputError } = message;
  if (!job) throw new Error('the response of the server has no job');
  return {
    ...jobViewOf(job),
    ...(job.late && { late: { ...lateOf(job.late), ...lateResultOf(job.late) } }),
    ...(result && { result: plainOfMessage(result) }),
    ...given({ text, bootId, key, expiresAtMs, timeoutMs, traceparent, outputError }),
    ...(redacted.length > 0 && { redacted }),
    ...(cancelRequested && { cancelRequested }),
    ...(takenUp && { takenUp }),
    ...(batch && { batch: { size: batch.size, maxFailures: batch.maxFailures, failures: batch.failures } }),
  };
}

function lateOf({ outcome, error, durationMs }: LateMessage): LateOutcome {
  return { outcome: outcome as Outcome, ...(error && { error: wireErrorOf(error) }), ...given({ durationMs }) };
}

const lateResultOf = ({ result, text }: LateMessage) => ({
  ...(result && { result: plainOfMessage(result) }),
  ...given({ text }),
});
