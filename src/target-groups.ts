import { SignalboxError } from '../schemas/errors.ts';
import { faultOfClientName } from '../schemas/name-forms.ts';
import { parseTarget, type Term } from './target.ts';

/** A target that has a name. */
export interface TargetGroup {
  readonly text: string;
  readonly terms: readonly Term[];
}

/**
 * The groups of a server by name. A group may contain other groups.
 * @throws SignalboxError `bad_usage` if a name or a target is not valid, or a group contains itself.
 */
export function createGroups(given: Readonly<Record<string, string | readonly string[]>>) {
  const groups = new Map<string, TargetGroup>();
  for (const [name, target] of Object.entries(given)) {
    const fault = (why: string) => new SignalboxError('bad_usage', `the group ${name} is not valid: ${why}`);
    const wrong = faultOfClientName(name);
    if (wrong !== undefined) throw fault(wrong);
    const text = typeof target === 'string' ? target : target.join(',');
    const terms = parseTarget(text);
    if ('message' in terms) throw fault(`${terms.message}; ${terms.hint}`);
    if (terms.every(({ isExclusion }) => isExclusion))
      throw fault(`it only excludes clients; to exclude them from all: all,${text}`);
    groups.set(name, { text, terms });
  }
  for (const name of groups.keys()) {
    if (reaches(name, name, groups)) {
      throw new SignalboxError('bad_usage', `the group ${name} is not valid: it contains itself`);
    }
  }
  return groups as ReadonlyMap<string, TargetGroup>;
}

function reaches(
  from: string,
  to: string,
  groups: ReadonlyMap<string, TargetGroup>,
  seen = new Set<string>(),
): boolean {
  for (const part of partsOf(groups.get(from))) {
    if (part === to) return true;
    if (seen.has(part)) continue;
    seen.add(part);
    if (reaches(part, to, groups, seen)) return true;
  }
  return false;
}

/** Names that may be groups. */
function partsOf(group: TargetGroup | undefined): string[] {
  const atoms = group?.terms.flatMap((term) => term.atoms) ?? [];
  return atoms.flatMap(({ label, alternatives }) => (label === undefined ? alternatives.map(({ text }) => text) : []));
}
