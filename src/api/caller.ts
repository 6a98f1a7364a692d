import { userInfo } from 'node:os';
import { SignalboxError } from '../../schemas/errors.ts';

/** The header, or metadata key, with the name of the caller. */
export const asHeader = 'signalbox-as';

/** The permitted form of the name, for people. */
export const callerForm = 'letters, digits, or one of . _ @ - after the first, at most 63';

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/;

export const isCallerName = (name: string): boolean => namePattern.test(name);

/** The name of this process's user, if it is a permitted name; otherwise `uid-` and its number. */
export function ownName(): string {
  try {
    const { username } = userInfo();
    if (isCallerName(username)) return username;
  } catch {
    // No entry for this user.
  }
  return `uid-${process.getuid?.() ?? 0}`;
}

/** The actor of a call. @throws SignalboxError `bad_usage` */
export function actorOf(headers: Headers, name: string): string {
  const given = headers.get(asHeader);
  if (given !== null && !isCallerName(given)) {
    throw new SignalboxError('bad_usage', `${asHeader} must be a name (${callerForm}), not '${given}'`);
  }
  return `local:${given ?? name}`;
}
