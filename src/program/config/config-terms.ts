import { z } from 'zod';
import { configSchema } from '../../../schemas/config.ts';
import { nearest } from '../../nearest.ts';
import type { Terms } from '../../yaml/describe-issue.ts';

/** Sections whose values are about secrets. */
const secretive: readonly PropertyKey[] = ['channels', 'secrets'];

export const configTerms: Terms = {
  whole: 'the configuration',
  unknownKey(key, path) {
    const known = keysAt(path);
    const meant = nearest(key, known);
    const where = path.length === 0 ? 'the configuration' : path.map(String).join('.');
    const isOfSections = path.length === 0 || (path.length === 1 && ['presence', 'check'].includes(String(path[0])));
    return `${where} has no ${isOfSections ? 'section' : 'option'} ${key}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  },
  mayBeSecret: ([section = '']) => secretive.includes(section),
};

/** The keys that are possible at a path. */
function keysAt(path: readonly PropertyKey[]): string[] {
  const schema = path.reduce<unknown>((outside, key) => {
    if (outside instanceof z.ZodRecord) return inner(outside.valueType);
    if (outside instanceof z.ZodArray) return inner(outside.element);
    return outside instanceof z.ZodObject ? inner(outside.shape[String(key)]) : undefined;
  }, configSchema);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** The schema inside optional and nullable ones. */
const inner = (schema: unknown): unknown =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? inner(schema.unwrap()) : schema;
