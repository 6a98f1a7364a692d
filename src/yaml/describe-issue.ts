import type { z } from 'zod';

/** An error of a value, in a sentence. */
export interface Wrong {
  readonly path: readonly PropertyKey[];
  readonly sentence: string;
  readonly atKey: boolean;
}

/** The words for the values. */
export interface Terms {
  /** The whole document: `the configuration`. */
  readonly whole: string;
  /** The sentence for an unknown key. */
  unknownKey(key: string, path: readonly PropertyKey[]): string;
  /** Whether the value at a path may be a secret in the wrong place. */
  mayBeSecret?(path: readonly PropertyKey[]): boolean;
}

const expected: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  array: 'a list',
  object: 'a map of options',
  record: 'a map',
};

export function describeIssue(issue: z.core.$ZodIssue, value: unknown, terms: Terms): Wrong[] {
  const { whole, unknownKey, mayBeSecret = () => false } = terms;
  const { path } = issue;
  const name = path.map(String).join('.') || whole;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], sentence: unknownKey(key, path), atKey: true }));
  }
  if (issue.code === 'invalid_key') {
    const [reason] = issue.issues;
    return [{ path, sentence: `${name}: ${reason?.message ?? issue.message}`, atKey: true }];
  }
  if (issue.code === 'invalid_type') {
    const given = at(value, path);
    const what = expected[issue.expected] ?? issue.expected;
    const sentence =
      given === undefined
        ? `${name} is missing: ${what}`
        : `${name} must be ${what}, not ${mayBeSecret(path) ? kindOf(given) : shown(given)}`;
    return [{ path, sentence, atKey: false }];
  }
  if (issue.code === 'invalid_value') {
    const sentence = `${name} must be one of ${issue.values.map(String).join(', ')}, not ${shown(at(value, path))}`;
    return [{ path, sentence, atKey: false }];
  }
  return [{ path, sentence: `${name}: ${issue.message}`, atKey: false }];
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inside, key) => (inside as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function kindOf(value: unknown): string {
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? 'a number' : shown(value);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  return typeof value === 'string' ? `'${value.slice(0, 60)}'` : String(value);
}
