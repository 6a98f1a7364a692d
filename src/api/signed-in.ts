import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, createContextKey } from '@connectrpc/connect';
import { ErrorSchema } from '../../schemas/api/signalbox/v1/common_pb.js';

/** A caller over the network. */
export interface SignedIn {
  /** Name of the operator. */
  readonly name: string;
  /** Aborts when the credentials of the call are no longer valid. */
  readonly signal: AbortSignal;
}

/** Undefined on the sockets of the owner. */
export const signedInKey = createContextKey<SignedIn | undefined>(undefined, { description: 'signed in' });

/** The refusal of a caller, independent of the call. */
export function callerError(code: Code, message: string): ConnectError {
  const error = new ConnectError(message, code);
  const isBusy = code === Code.ResourceExhausted;
  const value = create(ErrorSchema, { code: isBusy ? 'busy' : 'not_allowed', message, retry: isBusy });
  error.details.push({ desc: ErrorSchema, value });
  return error;
}

/** The error for a call whose operator was removed, or whose token or certificate is no longer valid. */
export const signedOut = ({ name }: SignedIn): ConnectError =>
  callerError(Code.Unauthenticated, `the credentials of ${name} are no longer valid`);
