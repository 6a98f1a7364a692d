import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ErrorSchema,
  JobKeySchema,
  JobRefSchema,
  RecordSchema,
  StreamBytesSchema,
} from '../../schemas/api/signalbox/v1/common_pb.js';
import {
  type Job,
  type JobDetails as JobDetailsMessage,
  JobDetailsSchema,
  JobSchema,
  type LateOutcomeSchema,
} from '../../schemas/api/signalbox/v1/jobs_pb.js';
import type { Offsets, WireError } from '../../schemas/index.ts';
import { keyText } from '../place-name.ts';
import type { JobDetails, JobKey, JobView } from '../plugin/job-service.ts';
import type { Event, JobRef } from '../plugin/observer.ts';
import { given } from './given.ts';
import { jsonObjectOf, valueMessageOf } from './values.ts';

type EmittedRecord = Extract<Event, { type: 'job.records' }>['records'][number];

export const refMessage = ({ id, number, client, place, command, adopted }: JobRef) => {
  const who = client !== null && place === undefined ? { client } : given({ client: client ?? undefined, place });
  return create(JobRefSchema, { id, number: BigInt(number), ...who, command, adopted: adopted === true });
};

export const keyMessage = (key: JobKey) => create(JobKeySchema, { id: key.id, client: keyText(key) });

export const errorMessage = ({ code, message }: WireError) => create(ErrorSchema, { code, message });

export const bytesMessage = ({ stdout = 0, stderr = 0 }: Offsets) =>
  create(StreamBytesSchema, { stdout: BigInt(stdout), stderr: BigInt(stderr) });

export const recordMessage = ({ offset, value }: EmittedRecord) =>
  create(RecordSchema, { offset: BigInt(offset), value: valueMessageOf(value) });

export function jobMessage(job: JobView): Job {
  const {
    args,
    error,
    late,
    lostOutput,
    progress,
    lostRecords = 0,
    standing = false,
    outputFull = false,
    held = false,
  } = job;
  const { actor, settledAtMs, outcome, durationMs } = job;
  return create(JobSchema, {
    ref: refMessage(job),
    ...(job.vouched && { vouched: { ...job.vouched } }),
    kind: job.kind,
    args: jsonObjectOf(args),
    submittedAtMs: job.submittedAtMs,
    state: job.state,
    ...{ standing, outputFull, held, lostRecords: BigInt(lostRecords) },
    ...given({ actor, settledAtMs, outcome, durationMs }),
    ...(error && { error: errorMessage(error) }),
    ...(late && { late: lateMessage(late) }),
    ...(progress && { progress: given(progress) }),
    ...(lostOutput && { lostOutput: bytesMessage(lostOutput) }),
  });
}

export function detailsMessage(job: JobDetails): JobDetailsMessage {
  const { result, text, bootId, key, expiresAtMs, timeoutMs, traceparent, outputError, redacted = [], batch } = job;
  return create(JobDetailsSchema, {
    job: jobMessage(job),
    redacted: [...redacted],
    cancelRequested: job.cancelRequested ?? false,
    takenUp: job.takenUp ?? false,
    ...(batch && {
      batch: { size: batch.size, failures: batch.failures, ...given({ maxFailures: batch.maxFailures }) },
    }),
    ...(result !== undefined && { result: valueMessageOf(result) }),
    ...given({ text, bootId, key, expiresAtMs, timeoutMs, traceparent, outputError }),
  });
}

function lateMessage(late: NonNullable<JobDetails['late']>): MessageInitShape<typeof LateOutcomeSchema> {
  const { outcome, error, durationMs, result, text } = late;
  return {
    outcome,
    ...given({ durationMs, text }),
    ...(error && { error: errorMessage(error) }),
    ...(result !== undefined && { result: valueMessageOf(result) }),
  };
}
