import { fromBinary } from '@bufbuild/protobuf';
import { ErrorSchema } from '../../schemas/api/signalbox/v1/common_pb.js';
import { type ErrorCode, errorCodes, SignalboxError } from '../../schemas/errors.ts';
import { ServerAway } from './server-away.ts';

/** An error of Connect, as JSON. */
export interface StatusJson {
  readonly code?: string;
  readonly message?: string;
  readonly details?: readonly { readonly type?: string; readonly value?: string }[];
}

/** The watch was too slow. It continues with this event. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
  readonly resumeFrom: number;

  constructor(resumeFrom: number) {
    super('too many events were waiting');
    this.resumeFrom = resumeFrom;
  }
}

/** Converts a status: to an error of Signalbox, to `ServerAway` if the server is ending, or to `TooSlow`. */
export function errorOf({ code, message = '', details = [] }: StatusJson): Error {
  const detail = details.find(({ type }) => type === 'signalbox.v1.Error');
  if (detail?.value !== undefined) {
    const error = fromBinary(ErrorSchema, Buffer.from(detail.value, 'base64'));
    if (error.code === 'closed') return new ServerAway(error.message);
    if (error.code === 'busy' && error.resumeFromSeq > 0n) return new TooSlow(Number(error.resumeFromSeq));
    return new SignalboxError(isCode(error.code) ? error.code : 'internal', error.message);
  }
  if (code === 'unavailable') return new ServerAway(message);
  if (code === 'unimplemented') {
    return new SignalboxError(
      'unsupported_protocol',
      `the server has another version and does not support this: ${message}`,
    );
  }
  if (code === 'unauthenticated' || code === 'permission_denied') return new SignalboxError('not_allowed', message);
  return new SignalboxError('internal', message || `the server answered ${code}`);
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(errorCodes, code);
