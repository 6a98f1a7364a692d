import type { Sight } from '../../plugin/guard.ts';
import type { TargetGroup } from '../../target-groups.ts';
import { type Groups, type Known, resolveTargets } from './targets.ts';

interface World {
  readonly known: Known;
  readonly groups: Groups;
}

/** The clients and groups that an actor can see. Errors do not reveal others. */
export function seenWorld({ known, groups }: World, sight: Sight): World {
  const seen = (names: readonly string[]) => names.filter((name) => sight.seesClient(name));
  const has = (name: string) => groups.has(name) && sight.seesGroup(name);
  return {
    known: {
      has: (name) => known.has(name) && sight.seesClient(name),
      all: () => seen(known.all()),
      connected: () => seen(known.connected()),
      labelOf: (client, label) => known.labelOf(client, label),
    },
    groups: {
      has,
      // Resolved among all clients and groups: the definition of a group may name invisible ones.
      get: (name) => (has(name) ? groupOf(name, seen(resolveTargets([name], known, groups, 'names'))) : undefined),
    },
  };
}

function groupOf(name: string, clients: readonly string[]): TargetGroup {
  const atom = { text: name, alternatives: clients.map((text) => ({ text })) };
  return { text: name, terms: [{ text: name, isExclusion: false, atoms: [atom] }] };
}
