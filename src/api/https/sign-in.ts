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

/** Whom tokens and keys belong to. */
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

/** What a request has to sign in with opens nothing. */
class SignInError extends Error {
  readonly fault: SignInFault;

  constructor(fault: SignInFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Says whose a request is, by its token and the certificate of its connection. */
export function createSignIn({ credentials, strangers, maxFailures, tell }: Door): SignIn {
  const refused = (thrown: unknown, connection: Connection) => {
    if (!(thrown instanceof SignInError)) throw thrown;
    const { source, address } = connection;
    tell({ type: 'sign-in failed', fault: thrown.fault, address });
    connection.failures += 1;
    if (connection.isStranger && connection.failures >= maxFailures) connection.end();
    // What opens something gets through all the same: it was looked at first.
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

/** Why a request of an operator is not looked at. */
function whyNot({ headers }: Request): string | undefined {
  if (headers.origin !== undefined) return 'a page in a browser may not call: the request has an Origin';
  if (headers[asHeader] !== undefined) return `an operator calls as itself alone: leave out ${asHeader}`;
  return undefined;
}

/** @throws SignInError */
function callerOf({ headers, rawHeaders }: Request, { certificate }: Connection, credentials: Credentials): SignedIn {
  const { authorization } = headers;
  // Of several Node has the first alone, and a proxy may go by another.
  if (rawHeaders.filter((one, index) => index % 2 === 0 && /^authorization$/i.test(one)).length > 1) {
    throw new SignInError('token', 'the request has several authorization headers: give one of them');
  }
  const byToken = authorization === undefined ? undefined : callerByToken(authorization, credentials);
  const byKey = certificate && callerByKey(certificate, credentials);
  const why = typeof byKey === 'string' ? byKey : undefined;
  if (byKey === undefined || typeof byKey === 'string') {
    // A certificate that does not count is as none where there is a token.
    if (byToken) return byToken;
    if (why !== undefined) throw new SignInError('certificate', `the client certificate opens nothing: ${why}`);
    const hint = "sign in with the header 'authorization: Bearer TOKEN' or a client certificate";
    throw new SignInError('nothing', hint);
  }
  if (!byToken) return byKey;
  if (byToken.name === byKey.name) return { ...byKey, signal: AbortSignal.any([byToken.signal, byKey.signal]) };
  const both = `the token is of ${byToken.name}, the client certificate of ${byKey.name}`;
  throw new SignInError('two operators', `${both}: give one of them`);
}

function callerByToken(authorization: string, credentials: Credentials): SignedIn {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization) ?? [];
  const caller = token === undefined ? undefined : credentials.signIn(token);
  if (caller) return caller;
  throw new SignInError('token', 'this token opens nothing');
}

/** @returns why it opens nothing. */
function callerByKey(certificate: PeerCertificate, credentials: Credentials): SignedIn | string {
  const { fingerprint, fromMs, untilMs, ended, problem } = certificate;
  const nowMs = Date.now();
  if (nowMs >= untilMs) return 'it has expired';
  if (nowMs < fromMs) return 'it is not valid yet';
  if (problem !== undefined) return `it is not accepted (${problem})`;
  const caller = credentials.signInByKey(fingerprint);
  return caller ? { ...caller, signal: AbortSignal.any([caller.signal, ended]) } : 'its key is of no operator';
}
