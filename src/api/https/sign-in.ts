import { Code } from '@connectrpc/connect';
import { monotonicMs } from '../../clock.ts';
import type { SignIn } from '../answer.ts';
import { asHeader } from '../caller.ts';
import type { Request } from '../refuse.ts';
import { callerError, type SignedIn } from '../signed-in.ts';
import { type Connection, connectionOf } from './connection.ts';
import type { DoorNews, SignInFault } from './news.ts';
import type { PeerCertificate } from './peer-certificate.ts';
import type { Strangers } from './strangers.ts';

/** Finds the operator of a token or key. */
export interface Credentials {
  signIn(token: string): SignedIn | undefined;
  /** @param fingerprint SHA-256 of a SubjectPublicKeyInfo, in hexadecimal. */
  signInByKey(fingerprint: string): SignedIn | undefined;
}

interface Door {
  readonly credentials: Credentials;
  readonly strangers: Strangers;
  readonly maxFailures: number;
  readonly tell: (news: DoorNews) => void;
}

/** The token or certificate of a request is not valid. */
class SignInError extends Error {
  readonly fault: SignInFault;

  constructor(fault: SignInFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Identifies the operator of a request, by its token and the certificate of its connection. */
export function createSignIn({ credentials, strangers, maxFailures, tell }: Door): SignIn {
  const refused = (thrown: unknown, connection: Connection) => {
    if (!(thrown instanceof SignInError)) throw thrown;
    const { source, address } = connection;
    tell({ type: 'sign-in failed', fault: thrown.fault, address });
    connection.failures += 1;
    if (connection.isStranger && connection.failures >= maxFailures) connection.end();
    // Valid credentials are accepted regardless, because they are checked first.
    const waitMs = strangers.fail(source, monotonicMs());
    if (waitMs === 0) {
      return { error: callerError(Code.Unauthenticated, thrown.message), more: { 'www-authenticate': 'Bearer' } };
    }
    const seconds = `${Math.ceil(waitMs / 1_000)}`;
    const text = `too many failed sign-ins from this address; try again in ${seconds} s`;
    return { error: callerError(Code.ResourceExhausted, text), more: { 'retry-after': seconds } };
  };
  return (request) => {
    const connection = connectionOf(request);
    const { source, address } = connection;
    let caller: SignedIn;
    try {
      caller = callerOf(request, connection, credentials);
    } catch (thrown) {
      return refused(thrown, connection);
    }
    if (connection.isStranger) {
      connection.isStranger = false;
      strangers.welcome(source, monotonicMs());
      tell({ type: 'signed in', operator: caller.name, address });
    }
    const text = whyNot(request);
    return text === undefined ? caller : { error: callerError(Code.PermissionDenied, text) };
  };
}

/** Why a request is refused before its credentials are checked. */
function whyNot({ headers }: Request): string | undefined {
  if (headers.origin !== undefined) return 'calls from web pages are not permitted: the request has an Origin header';
  if (headers[asHeader] !== undefined) return `an operator cannot call under another name; omit ${asHeader}`;
  return undefined;
}

/** @throws SignInError */
function callerOf({ headers, rawHeaders }: Request, { certificate }: Connection, credentials: Credentials): SignedIn {
  const { authorization } = headers;
  // Node only returns the first of several, and a proxy may use another one.
  if (rawHeaders.filter((one, index) => index % 2 === 0 && /^authorization$/i.test(one)).length > 1) {
    throw new SignInError('token', 'the request has several authorization headers; send only one');
  }
  const byToken = authorization === undefined ? undefined : callerByToken(authorization, credentials);
  const byKey = certificate && callerByKey(certificate, credentials);
  const why = typeof byKey === 'string' ? byKey : undefined;
  if (byKey === undefined || typeof byKey === 'string') {
    // If there is a token, an invalid certificate counts as none.
    if (byToken) return byToken;
    if (why !== undefined) throw new SignInError('certificate', `the client certificate is not valid here: ${why}`);
    const hint = "sign in with the header 'authorization: Bearer TOKEN' or a client certificate";
    throw new SignInError('nothing', hint);
  }
  if (!byToken) return byKey;
  if (byToken.name === byKey.name) return { ...byKey, signal: AbortSignal.any([byToken.signal, byKey.signal]) };
  const both = `the token belongs to ${byToken.name}, the client certificate to ${byKey.name}`;
  throw new SignInError('two operators', `${both}; send only one`);
}

function callerByToken(authorization: string, credentials: Credentials): SignedIn {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization) ?? [];
  const caller = token === undefined ? undefined : credentials.signIn(token);
  if (caller) return caller;
  throw new SignInError('token', 'the token is not valid');
}

/** @returns why it is not valid. */
function callerByKey(certificate: PeerCertificate, credentials: Credentials): SignedIn | string {
  const { fingerprint, fromMs, untilMs, ended, problem } = certificate;
  const nowMs = Date.now();
  if (nowMs >= untilMs) return 'it has expired';
  if (nowMs < fromMs) return 'it is not valid yet';
  if (problem !== undefined) return `it is not accepted (${problem})`;
  const caller = credentials.signInByKey(fingerprint);
  return caller ? { ...caller, signal: AbortSignal.any([caller.signal, ended]) } : 'its key belongs to no operator';
}
