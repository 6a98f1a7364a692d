import { matchesGlob } from 'node:path';
import { SignalboxError } from '../../schemas/index.ts';

/**
 * The names that a target means: a name as it is, where it is known; a glob or `all`, those that are connected.
 * @throws SignalboxError `no_such_target` where one of them means nobody; nothing is to be sent then.
 */
export function resolveTargets(
  targets: readonly string[],
  connected: readonly string[],
  known: (name: string) => boolean,
) {
  const names = new Set<string>();
  for (const target of targets) {
    if (target === 'all' && connected.length === 0)
      throw new SignalboxError('no_such_target', 'no client is connected');
    const isGlob = /[*?[\]]/.test(target);
    const matches =
      target === 'all'
        ? connected
        : isGlob
          ? connected.filter((name) => matchesGlob(name, target))
          : known(target)
            ? [target]
            : [];
    if (matches.length === 0) {
      const here = connected.length === 0 ? 'nobody is' : `connected: ${shorten(connected)}`;
      throw new SignalboxError('no_such_target', `no client ${isGlob ? 'matches' : 'is called'} '${target}' (${here})`);
    }
    for (const name of matches) names.add(name);
  }
  return [...names];
}

function shorten(names: readonly string[]): string {
  return names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;
}
