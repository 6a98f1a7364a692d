import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, createContextKey } from '@connectrpc/connect';
import { ErrorSchema } from '../../schemas/api/signalbox/v1/common_pb.js';

/** Who has called over the network. */
export interface SignedIn {
  /** Name of the operator. */
  readonly name: string;
  /** Aborts when what opened the call opens nothing any more. */
  readonly signal: AbortSignal;
}

/** Undefined at the sockets of the owner. */
export const signedInKey = createContextKey<SignedIn | undefined>(undefined, { description: 'signed in' });

/** The refusal of a caller, whatever it calls. */
export function callerError(code: Code, message: string): ConnectError {
  const error = new ConnectError(message, code);
  const isBusy = code === Code.ResourceExhausted;
  const value = create(ErrorSchema, { code: isBusy ? 'busy' : 'not_allowed', message, retry: isBusy });
  error.details.push({ desc: ErrorSchema, value });
  return error;
}

/** How a call ends whose operator was removed, or whose token or certificate is over. */
export const signedOut = ({ name }: SignedIn): ConnectError =>
  callerError(Code.Unauthenticated, `what ${name} has signed in with opens nothing any more`);
