import { userInfo } from 'node:os';
import { SignalboxError } from '../../schemas/errors.ts';

/** The header, and key of metadata, in which a caller says its name. */
export const asHeader = 'signalbox-as';

/** What such a name is, for people. */
export const callerForm = 'letters, digits, or one of . _ @ - after the first, at most 63';

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/;

export const isCallerName = (name: string): boolean => namePattern.test(name);

/** The name of this process's user, if a caller can have it; else one with its number. */
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
    throw new SignalboxError('bad_usage', `${asHeader} is a name (${callerForm}), not '${given}'`);
  }
  return `local:${given ?? name}`;
}
