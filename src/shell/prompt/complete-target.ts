import type { Candidate } from './candidate.ts';
import type { KnownClient } from './known-clients.ts';

/** The parts that targets can contain. */
export interface TargetWorld {
  readonly clients: readonly KnownClient[];
  /** Targets of groups, by name. */
  readonly groups: ReadonlyMap<string, string>;
}

/** Characters after which the next part of a target begins. */
const separators = [',', '+', '!', '@'];
/** Values of a label shown in a description. */
const fewValues = 4;

/**
 * Completes the last part of a target: a name, a group or the name of a label; after `=` a value.
 * @param typed with the `@`.
 */
export function completeTarget(typed: string, { clients, groups }: TargetWorld): Candidate[] {
  // Any number can follow in brackets.
  if (typed.lastIndexOf('[') > typed.lastIndexOf(']')) return [];
  const start = Math.max(...separators.map((one) => typed.lastIndexOf(one))) + 1;
  const done = typed.slice(0, start);
  const equals = typed.indexOf('=', start);
  if (equals < 0) return partsOf({ clients, groups }).map(({ text, about }) => ({ text: `${done}${text}`, about }));
  const label = typed.slice(start, equals);
  return [...(valuesOf(clients).get(label) ?? [])].map(([value, names]) => ({
    text: `${done}${label}=${value}`,
    about: names.length === 1 ? (names[0] ?? '') : `${names.length} clients`,
  }));
}

function partsOf({ clients, groups }: TargetWorld): Candidate[] {
  const online = clients.filter(({ state }) => state !== 'offline').length;
  return [
    { text: 'all', about: 'every client that is connected or expected' },
    { text: 'online', about: `every client that is connected: ${online}` },
    ...clients.map((client) => ({ text: client.name, about: stateOf(client) })),
    ...[...groups].map(([name, target]) => ({ text: name, about: target })),
    ...[...valuesOf(clients)].map(([label, values]) => ({ text: `${label}=`, about: shown([...values.keys()]) })),
  ];
}

/** The clients of each value of each label, and of each fact that no label hides. */
function valuesOf(clients: readonly KnownClient[]): Map<string, Map<string, string[]>> {
  const byLabel = new Map<string, Map<string, string[]>>();
  for (const { name, labels, facts } of clients) {
    for (const [label, value] of Object.entries({ ...facts, ...labels })) {
      // A target cannot contain any other value.
      if (!/^[A-Za-z0-9][A-Za-z0-9._:/-]*$/.test(value)) continue;
      const values = byLabel.get(label) ?? new Map<string, string[]>();
      byLabel.set(label, values.set(value, [...(values.get(value) ?? []), name]));
    }
  }
  return byLabel;
}

function shown(values: readonly string[]): string {
  const few = values.slice(0, fewValues).join(', ');
  return values.length > fewValues ? `${few} and ${values.length - fewValues} more` : few;
}

export function stateOf({ state, runningJobs }: KnownClient): string {
  return runningJobs === 0 ? state : `${state}, ${runningJobs} ${runningJobs === 1 ? 'job' : 'jobs'}`;
}
