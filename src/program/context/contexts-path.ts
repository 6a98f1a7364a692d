import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * The file of this user's contexts: https://specifications.freedesktop.org/basedir-spec/latest/
 * @returns undefined for a user without a home.
 */
export function contextsPath({ XDG_CONFIG_HOME: given = '' }: NodeJS.ProcessEnv): string | undefined {
  if (isAbsolute(given)) return join(given, 'signalbox', 'contexts.json');
  try {
    return join(homedir(), '.config', 'signalbox', 'contexts.json');
  } catch {
    // No HOME, and no entry for this user.
    return undefined;
  }
}
