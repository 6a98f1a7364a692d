import { z } from 'zod';
import { limits } from './limits.ts';
import { text } from './text.ts';

/** Targets that are not the name of a client. */
export const reservedNames: readonly string[] = ['all', 'online'];

/** The name of a client: chosen by its owner, unique among those connected. */
export const clientNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'a name is [a-z0-9][a-z0-9._-]*, at most 63 characters')
  .refine((name) => !reservedNames.includes(name), 'all and online are not names of clients');

export const commandNamePattern = /^[a-z][a-z0-9-]{0,62}$/;
export const commandNameSchema = z.string().regex(commandNamePattern);

/** The value of a label, and of a fact that can be a target. */
export const labelValueSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,62}$/);
const atMostLabels = (map: object) => Object.keys(map).length <= limits.maxLabels;
/** What the owner of a client says of it, such as `env: prod`. */
export const labelsSchema = z.record(clientNameSchema, labelValueSchema).refine(atMostLabels, 'too many labels');
/** What a client finds out about its machine. A value without the form of a label's is shown, and is no target. */
export const factsSchema = z.record(clientNameSchema, text(255)).refine(atMostLabels, 'too many facts');
