import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * The folder for the state of this user's programs: https://specifications.freedesktop.org/basedir-spec/latest/
 * @returns undefined for a user without a home folder.
 */
export function stateFolder({ XDG_STATE_HOME: given = '' }: NodeJS.ProcessEnv): string | undefined {
  if (isAbsolute(given)) return join(given, 'signalbox');
  const home = homeFolder();
  return isAbsolute(home) ? join(home, '.local', 'state', 'signalbox') : undefined;
}

function homeFolder(): string {
  try {
    return homedir();
  } catch {
    // HOME is not set, and the user has no entry in the password database.
    return '';
  }
}
