import type { z } from 'zod';
import { configSchema } from '../../../schemas/config.ts';
import { nearest } from '../../nearest.ts';

/** What is wrong with a value of a configuration, in a sentence. */
export interface Wrong {
  readonly path: readonly PropertyKey[];
  readonly sentence: string;
  readonly atKey: boolean;
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

export function describeIssue(issue: z.core.$ZodIssue, config: unknown): Wrong[] {
  const { path } = issue;
  const name = path.map(String).join('.') || 'the configuration';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      sentence: unknownKey(key, path),
      atKey: true,
    }));
  }
  if (issue.code === 'invalid_type') {
    const sentence = `${name} must be ${expected[issue.expected] ?? issue.expected}, not ${shown(at(config, path))}`;
    return [{ path, sentence, atKey: false }];
  }
  if (issue.code === 'invalid_value') {
    const sentence = `${name} must be one of ${issue.values.map(String).join(', ')}, not ${shown(at(config, path))}`;
    return [{ path, sentence, atKey: false }];
  }
  return [{ path, sentence: `${name}: ${issue.message}`, atKey: false }];
}

function unknownKey(key: string, path: readonly PropertyKey[]): string {
  const sections = configSchema.shape;
  const [section = ''] = path;
  const known =
    section === 'server' || section === 'client'
      ? Object.keys(sections[section].unwrap().unwrap().shape)
      : Object.keys(sections);
  const meant = nearest(key, known);
  const where = path.length === 0 ? 'the configuration' : String(section);
  return `${where} has no ${path.length === 0 ? 'section' : 'option'} ${key}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inside, key) => (inside as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  return typeof value === 'string' ? `'${value.slice(0, 60)}'` : String(value);
}
