import { matchesGlob } from 'node:path';
import { SignalboxError } from '../../../schemas/index.ts';
import { fewNames, foldNames } from '../../fold-names.ts';
import type { Fleet } from './fleet.ts';

type Known = Pick<Fleet, 'has' | 'connected' | 'all'>;

/**
 * Resolves targets to names: a known name to itself, `all` and globs to clients that are connected or expected, `online`
 * to those that are connected.
 * @throws SignalboxError `no_such_target` if one of them matches no client; then nothing is to be sent.
 */
export function resolveTargets(targets: readonly string[], known: Known): string[] {
  const [only] = targets;
  if (only !== undefined && targets.length === 1 && known.has(only)) return [only];
  const names = new Set<string>();
  for (const target of targets) {
    const matches = known.has(target) ? [target] : matching(target, known);
    if (matches.length === 0) throw noSuchTarget(target, known);
    for (const name of matches) names.add(name);
  }
  return [...names];
}

function matching(target: string, known: Known): string[] {
  if (target === 'online') return known.connected();
  if (target === 'all') return known.all();
  return isGlob(target) ? known.all().filter((name) => matchesGlob(name, target)) : [];
}

const isGlob = (target: string): boolean => /[*?[\]]/.test(target);

function noSuchTarget(target: string, known: Known): SignalboxError {
  const connected = known.connected();
  const all = known.all();
  if (connected.length === 0 && (all.length === 0 || target === 'online')) {
    return new SignalboxError('no_such_target', `'${target}' means nobody: no client is connected`);
  }
  const verb = isGlob(target) ? 'matches' : 'is called';
  const names = [
    ...(connected.length > 0 ? [`connected: ${foldNames(connected, fewNames)}`] : []),
    ...(all.length > connected.length ? [`expected: ${foldNames(without(all, connected), fewNames)}`] : []),
  ];
  return new SignalboxError('no_such_target', `no client ${verb} '${target}' (${names.join('; ')})`);
}

function without(names: readonly string[], those: readonly string[]): string[] {
  const left = new Set(names);
  for (const name of those) left.delete(name);
  return [...left];
}
