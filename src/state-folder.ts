import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where the state of this user's programs is kept: https://specifications.freedesktop.org/basedir-spec/latest/
 * @returns undefined for a user without a home.
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
    // No HOME, and no entry for this user.
    return '';
  }
}
