import { matchesGlob } from 'node:path';
import { SignalboxError } from '../../../schemas/index.ts';
import { fewNames, foldNames } from '../../fold-names.ts';
import type { Roster } from './roster.ts';

/**
 * Resolves targets to names: a known name to itself, a glob or `all` to connected clients.
 * @throws SignalboxError `no_such_target` if one of them matches no client; then nothing is to be sent.
 */
export function resolveTargets(targets: readonly string[], roster: Pick<Roster, 'connected' | 'get'>): string[] {
  const [only] = targets;
  if (only !== undefined && targets.length === 1 && roster.get(only)) return [only];
  const names = new Set<string>();
  for (const target of targets) {
    const matches = roster.get(target) ? [target] : matching(target, roster);
    if (matches.length === 0) throw noSuchTarget(target, roster);
    for (const name of matches) names.add(name);
  }
  return [...names];
}

function matching(target: string, roster: Pick<Roster, 'connected'>): string[] {
  if (target !== 'all' && !isGlob(target)) return [];
  const connected = roster.connected().map(({ name }) => name);
  return target === 'all' ? connected : connected.filter((name) => matchesGlob(name, target));
}

const isGlob = (target: string): boolean => /[*?[\]]/.test(target);

function noSuchTarget(target: string, roster: Pick<Roster, 'connected'>): SignalboxError {
  const names = roster.connected().map(({ name }) => name);
  if (names.length === 0)
    return new SignalboxError('no_such_target', `'${target}' means nobody: no client is connected`);
  const verb = isGlob(target) ? 'matches' : 'is called';
  return new SignalboxError(
    'no_such_target',
    `no client ${verb} '${target}' (connected: ${foldNames(names, fewNames)})`,
  );
}
