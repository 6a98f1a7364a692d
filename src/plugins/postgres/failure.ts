import { SignalboxError } from '../../index.ts';
import type { Address } from './address.ts';

/** The step that failed. If the answer to a COMMIT is lost, it is unknown whether the commit happened. */
export type Step = 'before' | 'commit';

const fieldOf = (error: unknown, name: 'code' | 'severity'): string | undefined => {
  const value = error instanceof Error ? (error as Error & Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
};

/** The SQLSTATE of an error. https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const sqlStateOf = (error: unknown): string | undefined =>
  fieldOf(error, 'severity') === undefined ? undefined : fieldOf(error, 'code');

/** Whether the error has ended the session, which rolls back all uncommitted changes. */
export const endsSession = (error: unknown): boolean =>
  !(error instanceof SignalboxError) && (sqlStateOf(error) === undefined || fieldOf(error, 'severity') !== 'ERROR');

/** Whether a retry of the transaction may succeed. */
export const isConflict = (error: unknown): boolean => ['40001', '40P01'].includes(sqlStateOf(error) ?? '');

/** Converts an error to a `SignalboxError` with a sentence for people. */
export function failureOf(error: unknown, address: Address, step: Step = 'before'): SignalboxError {
  if (error instanceof SignalboxError) return error;
  const state = sqlStateOf(error);
  const failure = (code: 'unavailable' | 'unknown' | 'bad_store', message: string) =>
    new SignalboxError(code, message, { cause: error });
  const where = address.text;
  if (step === 'commit' && endsSession(error)) {
    return failure('unknown', `whether ${where} has it is unknown: ${wordsOf(error)}`);
  }
  const { user, database, schema } = address;
  switch (state) {
    case undefined:
      if (/password must be/.test(wordsOf(error))) {
        return failure('unavailable', `${where} requires a password for ${user}; set PGPASSWORD or PGPASSFILE`);
      }
      return failure('unavailable', `${where} cannot be reached: ${connectionWords(error, address)}`);
    case '28P01':
    case '28000':
      return failure(
        'unavailable',
        `${where} rejects the login of ${user}: ${wordsOf(error)}; check PGPASSWORD, PGPASSFILE or sslcert`,
      );
    case '3D000':
      return failure('unavailable', `${where} has no database ${database}; create it with: createdb ${database}`);
    case '42501':
      return failure('unavailable', `${user} may not do that at ${where}: ${wordsOf(error)}; grant it`);
    case '25006':
      return failure('unavailable', `${where} is read-only; name the primary server, or a user who may write`);
    case '53300':
      return failure('unavailable', `${where} accepts no more connections: ${wordsOf(error)}; a server uses three`);
    case '53100':
      return failure('unavailable', `no space is left at ${where}; free some, or lower --keep and --keep-bytes`);
    case '55P03':
    case '57014':
      return failure('unavailable', `${where} took too long: ${wordsOf(error)}; try again`);
    case '3F000':
    case '42P01':
    case '42703':
      return failure(
        'bad_store',
        `${where} has no store in its schema ${schema}: ${wordsOf(error)}; use another schema`,
      );
    case 'XX001':
    case 'XX002':
    case '58P01':
      return failure('bad_store', `${where} is damaged: ${wordsOf(error)}; restore a backup of it`);
    default:
      return failure('unavailable', `${where} answers: ${wordsOf(error)} (${state})`);
  }
}

const connectionHints: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there; start PostgreSQL, or use another host or port',
  ENOENT: 'there is no such socket; start PostgreSQL, or use another folder or port',
  ENOTFOUND: 'there is no such host',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host; use that host, or sslmode=verify-ca',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};

function connectionWords(error: unknown, { sslMode }: Address): string {
  const words = wordsOf(error);
  const hint = connectionHints[fieldOf(error, 'code') ?? ''];
  if (hint !== undefined) return hint;
  if (/does not support SSL/.test(words)) return `it has no TLS, which sslmode=${sslMode} requires`;
  if (/certificate|self.signed/i.test(words)) return `${words}; set sslrootcert to the certificate of its authority`;
  return words;
}

function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
