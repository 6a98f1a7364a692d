import { SignalboxError } from '../../schemas/errors.ts';
import { type Atom, parseTarget, type Term } from '../target.ts';
import type { TargetGroup } from '../target-groups.ts';

/** The basis of a right over targets. It excludes everything that a client reports about itself. */
export interface Vouched {
  readonly name: string;
  /** The labels that the keys vouch for. */
  readonly labels: Readonly<Record<string, string>>;
}

type Matches = (client: Vouched) => boolean;

/** The clients that a rule covers. */
export interface ClientMatcher {
  readonly matches: Matches;
  /** True if it matches every possible client. */
  readonly isEverybody: boolean;
  /** The groups that it matches as a whole, without exclusions. */
  readonly wholeGroups: ReadonlySet<string>;
}

type Groups = ReadonlyMap<string, TargetGroup>;

/**
 * Matches by names, groups and vouched labels. Unlike `resolveTargets`, it does not depend on which clients exist.
 * @throws SignalboxError `bad_usage`
 */
export function createClientMatcher(given: string | readonly string[], groups: Groups): ClientMatcher {
  const text = typeof given === 'string' ? given : given.join(',');
  const terms = parseTarget(text.replace(/^@/, ''));
  if ('message' in terms) throw new SignalboxError('bad_usage', `${terms.message}; ${terms.hint}`);
  if (terms.every(({ isExclusion }) => isExclusion)) {
    throw new SignalboxError('bad_usage', `'${text}' only excludes clients; to exclude them from all: all,${text}`);
  }
  const leavesNoneOut = terms.every(({ isExclusion }) => !isExclusion);
  const alone = leavesNoneOut
    ? terms.filter(({ atoms }) => atoms.length === 1).flatMap(({ atoms }) => namesOf(atoms))
    : [];
  return {
    matches: matcherOf(terms, groups, text),
    isEverybody: alone.some((name) => name === 'all' || name === '*'),
    wholeGroups: new Set(alone.filter((name) => groups.has(name))),
  };
}

const namesOf = (atoms: readonly Atom[]): string[] =>
  atoms.flatMap(({ label, alternatives }) => (label === undefined ? alternatives.map(({ text }) => text) : []));

function matcherOf(terms: readonly Term[], groups: Groups, text: string): Matches {
  const all = terms.map(({ isExclusion, atoms }) => {
    const parts = atoms.map((atom) => atomMatcher(atom, groups, text));
    return { isExclusion, matches: (client: Vouched) => parts.every((part) => part(client)) };
  });
  const wanted = all.filter(({ isExclusion }) => !isExclusion);
  const leftOut = all.filter(({ isExclusion }) => isExclusion);
  return (client) => wanted.some(({ matches }) => matches(client)) && !leftOut.some(({ matches }) => matches(client));
}

function atomMatcher({ label, alternatives }: Atom, groups: Groups, text: string): Matches {
  const any = alternatives.map(({ text: one, matches = (value: string) => value === one }): Matches => {
    if (label !== undefined) {
      return ({ labels }) => Object.hasOwn(labels, label) && matches(labels[label] ?? '');
    }
    if (one === 'all') return () => true;
    if (one === 'online') {
      throw new SignalboxError(
        'bad_usage',
        `'online' in '${text}' is not permitted in a role, because it changes constantly; use all, names or labels`,
      );
    }
    const group = groups.get(one);
    if (group) return matcherOf(group.terms, groups, `${text} (the group ${one})`);
    return ({ name }) => matches(name);
  });
  return (client) => any.some((matches) => matches(client));
}
