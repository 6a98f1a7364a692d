import { reservedNames, SignalboxError } from '../../../schemas/index.ts';
import { fewNames, foldNames } from '../../fold-names.ts';
import { type Alternative, type Atom, parseTarget, type Term } from '../../target.ts';
import type { TargetGroup } from '../../target-groups.ts';
import type { Fleet } from './fleet.ts';

export type Known = Pick<Fleet, 'has' | 'connected' | 'all' | 'labelOf'>;
export type Groups = Pick<ReadonlyMap<string, TargetGroup>, 'has' | 'get'>;

/** What targets are resolved against. */
interface World {
  readonly known: Known;
  readonly groups: Groups;
  /** Whether an unknown name matches nobody, instead of being an error. */
  readonly mayForget: boolean;
}

/**
 * Resolves targets to names of clients. A known name stands for itself; `all`, globs and labels match connected or
 * expected clients; `online` matches connected ones; the name of a group stands for its target. Several targets are
 * combined into one: the union, without the clients that any of them excludes.
 * @param mayBeNobody which parts may match no client: `nothing`; `patterns` and labels, which later clients may match;
 * or also `names`, whose clients may have been forgotten. Exclusions may always match nobody, but each name in them
 * must be known.
 * @throws SignalboxError `bad_usage` if a target is not well formed; `no_such_target` if a part of it matches no
 * client. Then nothing must be sent.
 */
export function resolveTargets(
  targets: readonly string[],
  known: Known,
  groups: Groups = new Map(),
  mayBeNobody: 'nothing' | 'patterns' | 'names' = 'nothing',
): string[] {
  const parts = targets.flatMap<string | Term>((target) => (known.has(target) ? target : termsOf(target)));
  if (parts.every((part) => typeof part === 'string')) return [...new Set(parts)];
  const text = targets.join(',');
  if (parts.every((part) => typeof part !== 'string' && part.isExclusion)) {
    throw new SignalboxError('bad_usage', `'${text}' only excludes clients; to exclude them from all: all,${text}`);
  }
  const world = { known: remembered(known), groups, mayForget: mayBeNobody === 'names' };
  const names = clientsOf(parts, world, mayBeNobody !== 'nothing');
  if (names.length === 0 && mayBeNobody === 'nothing')
    throw new SignalboxError('no_such_target', `'${text}' excludes every client`);
  return names;
}

/** Caches the lists: each call sorts them, and a target may have thousands of globs. */
function remembered(known: Known): Known {
  let all: string[] | undefined;
  let connected: string[] | undefined;
  return {
    has: (name) => known.has(name),
    labelOf: (client, name) => known.labelOf(client, name),
    all: () => {
      all ??= known.all();
      return all;
    },
    connected: () => {
      connected ??= known.connected();
      return connected;
    },
  };
}

function termsOf(target: string): readonly Term[] {
  const parsed = parseTarget(target);
  if (!('message' in parsed)) return parsed;
  throw new SignalboxError('bad_usage', `${parsed.message}; ${parsed.hint}`);
}

/** @param parts known names, and terms. */
function clientsOf(parts: readonly (string | Term)[], world: World, mayBeNobody: boolean): string[] {
  const names = new Set<string>();
  const leftOut = new Set<string>();
  for (const part of parts) {
    if (typeof part === 'string') names.add(part);
    else if (part.isExclusion) for (const name of clientsOfTerm(part, world, true)) leftOut.add(name);
    else for (const name of clientsOfTerm(part, world, mayBeNobody)) names.add(name);
  }
  return [...names].filter((name) => !leftOut.has(name));
}

function clientsOfTerm({ text, atoms }: Term, world: World, mayBeNobody: boolean): string[] {
  const [first, ...others] = atoms.map((atom) => clientsOfAtom(atom, world, mayBeNobody));
  const rest = others.map((names) => new Set(names));
  const names = (first ?? []).filter((name) => rest.every((those) => those.has(name)));
  if (names.length === 0 && !mayBeNobody) {
    throw new SignalboxError('no_such_target', `no client matches all parts of '${text}'`);
  }
  return names;
}

function clientsOfAtom(atom: Atom, world: World, mayBeNobody: boolean): string[] {
  const names = new Set<string>();
  const missing: string[] = [];
  for (const alternative of atom.alternatives) {
    const matches = matching(atom, alternative, world, mayBeNobody);
    for (const name of matches) names.add(name);
    const { text, matches: isMatch } = alternative;
    const isName = atom.label === undefined && !isMatch && !isCollective(text, world) && !world.mayForget;
    if (matches.length === 0 && (isName || !mayBeNobody)) missing.push(text);
  }
  if (missing.length > 0) throw noSuchTarget(atom, missing, world.known);
  return [...names];
}

const isCollective = (text: string, { groups }: World): boolean => reservedNames.includes(text) || groups.has(text);

function matching(
  { label }: Atom,
  { text, matches }: Alternative,
  world: World,
  mayBeNobody: boolean,
): readonly string[] {
  const { known, groups } = world;
  if (label !== undefined) {
    const isValue = matches ?? ((value: string) => value === text);
    return known.all().filter((name) => {
      const value = known.labelOf(name, label);
      return value !== undefined && isValue(value);
    });
  }
  if (matches) return known.all().filter(matches);
  // A client takes precedence over a group of the same name: targets that were resolved to names mean clients.
  if (known.has(text)) return [text];
  if (text === 'online') return known.connected();
  if (text === 'all') return known.all();
  const group = groups.get(text);
  return group ? clientsOfGroup(text, group, world, mayBeNobody) : [];
}

function clientsOfGroup(name: string, { terms, text }: TargetGroup, world: World, mayBeNobody: boolean): string[] {
  try {
    return clientsOf(terms, world, mayBeNobody);
  } catch (error) {
    const { code, message } = SignalboxError.from(error, 'internal');
    throw new SignalboxError(code, `${message}; the group ${name} is ${text}`);
  }
}

function noSuchTarget(atom: Atom, missing: readonly string[], known: Known): SignalboxError {
  const connected = known.connected();
  const all = known.all();
  if (connected.length === 0 && (all.length === 0 || atom.text === 'online')) {
    return new SignalboxError('no_such_target', `'${atom.text}' matches nobody: no clients are connected`);
  }
  return new SignalboxError('no_such_target', `${verdict(atom, missing)} (${whoIs(atom, { connected, all }, known)})`);
}

function verdict({ text, label, alternatives }: Atom, missing: readonly string[]): string {
  const which = alternatives.length === 1 ? '' : `, of '${text}'`;
  const folded = foldNames(missing, fewNames);
  if (label !== undefined) return `no client has '${label}=${folded}'${which}`;
  const isPattern = alternatives.some(({ matches }) => matches);
  return `no client ${isPattern ? 'matches' : 'is called'} '${folded}'${which}`;
}

/** Lists what may have been meant. */
function whoIs(
  { label }: Atom,
  { connected, all }: { readonly connected: readonly string[]; readonly all: readonly string[] },
  known: Known,
): string {
  if (label !== undefined) {
    const values = new Set(all.flatMap((name) => known.labelOf(name, label) ?? []));
    return values.size === 0 ? `no client has a label ${label}` : `${label} is ${foldNames([...values], fewNames)}`;
  }
  const expected = without(all, connected);
  return [
    ...(connected.length > 0 ? [`connected: ${foldNames(connected, fewNames)}`] : []),
    ...(expected.length > 0 ? [`expected: ${foldNames(expected, fewNames)}`] : []),
  ].join('; ');
}

function without(names: readonly string[], those: readonly string[]): string[] {
  const left = new Set(names);
  for (const name of those) left.delete(name);
  return [...left];
}
