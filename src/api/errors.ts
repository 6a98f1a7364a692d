import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorSchema } from '../../schemas/api/signalbox/v1/common_pb.js';
import { SignalboxError } from '../../schemas/errors.ts';
import type { ErrorCode } from '../../schemas/index.ts';

/**
 * The status for each code of Signalbox. `unavailable` is only used if clients of gRPC may retry a call automatically.
 */
export const statusOf = {
  bad_usage: Code.InvalidArgument,
  bad_arguments: Code.InvalidArgument,
  bad_message: Code.InvalidArgument,
  message_too_large: Code.InvalidArgument,
  unknown_command: Code.NotFound,
  no_such_target: Code.NotFound,
  no_such_job: Code.NotFound,
  not_allowed: Code.PermissionDenied,
  insecure_endpoint: Code.PermissionDenied,
  name_taken: Code.AlreadyExists,
  busy: Code.ResourceExhausted,
  not_ready: Code.FailedPrecondition,
  offline: Code.FailedPrecondition,
  terminating: Code.FailedPrecondition,
  unknown_session: Code.FailedPrecondition,
  unsupported_protocol: Code.FailedPrecondition,
  not_sent: Code.Canceled,
  cancelled: Code.Canceled,
  deadline_exceeded: Code.DeadlineExceeded,
  expired: Code.DeadlineExceeded,
  timed_out: Code.DeadlineExceeded,
  gone: Code.OutOfRange,
  closed: Code.Unavailable,
  unavailable: Code.Unavailable,
  cannot_bind: Code.Unavailable,
  cannot_connect: Code.Unavailable,
  store_in_use: Code.Unavailable,
  lost: Code.Unknown,
  unknown: Code.Unknown,
  command_failed: Code.Aborted,
  bad_result: Code.Internal,
  bad_store: Code.Internal,
  internal: Code.Internal,
} as const satisfies Record<ErrorCode, Code>;

/**
 * Why a stream of events has ended: the deadline of the call, or the end of the server.
 * @param signal of the call.
 */
export function endOfEvents(signal: AbortSignal, hint: string): unknown {
  const { reason } = signal;
  const isDeadline = reason instanceof ConnectError && reason.code === Code.DeadlineExceeded;
  return isDeadline ? reason : new SignalboxError('closed', `the server has ended; ${hint}`);
}

/**
 * Converts an error of a call to the status for its caller, with a `signalbox.v1.Error` in the details.
 * @param resumeFromSeq for a watch: where to continue.
 */
export function connectErrorOf(thrown: unknown, resumeFromSeq?: number): ConnectError {
  if (thrown instanceof ConnectError) return thrown;
  const error = SignalboxError.from(thrown, 'internal');
  const { code, message } = error.toWire();
  const status = new ConnectError(message, statusOf[code], undefined, undefined, thrown);
  const value = create(ErrorSchema, {
    ...{ code, message, retry: error.retry },
    ...(resumeFromSeq !== undefined && { resumeFromSeq: BigInt(resumeFromSeq) }),
  });
  status.details.push({ desc: ErrorSchema, value });
  return status;
}
