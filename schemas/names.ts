import { z } from 'zod';
import {
  areFew,
  clientNamePattern,
  clientNameRules,
  commandNamePattern,
  labelValuePattern,
  reservedNames,
} from './name-forms.ts';
import { text } from './text.ts';

/** The name of a client: chosen by its owner, unique among those connected. */
export const clientNameSchema = z
  .string()
  .regex(clientNamePattern, clientNameRules.form)
  .refine((name) => !reservedNames.includes(name), clientNameRules.reserved);

export const commandNameSchema = z.string().regex(commandNamePattern);

/** The value of a label, and of a fact that can be a target. */
export const labelValueSchema = z.string().regex(labelValuePattern);
/** What the owner of a client says of it, such as `env: prod`. */
export const labelsSchema = z.record(clientNameSchema, labelValueSchema).refine(areFew, 'too many labels');
/** What a client finds out about its machine. A value without the form of a label's is shown, and is no target. */
export const factsSchema = z.record(clientNameSchema, text(255)).refine(areFew, 'too many facts');
