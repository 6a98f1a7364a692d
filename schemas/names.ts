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

/** The name of a client. Its owner chooses it; it is unique among connected clients. */
export const clientNameSchema = z
  .string()
  .regex(clientNamePattern, clientNameRules.form)
  .refine((name) => !reservedNames.includes(name), clientNameRules.reserved);

/** The name of a command. */
export const commandNameSchema = z.string().regex(commandNamePattern);

/** The value of a label, or of a fact that targets can select. */
export const labelValueSchema = z.string().regex(labelValuePattern);
/** Labels: how the owner describes a client, such as `env: prod`. At most 64. */
export const labelsSchema = z.record(clientNameSchema, labelValueSchema).refine(areFew, 'too many labels');
/**
 * Facts: what a client detects about its machine. A value that is not in the form of a label is shown but cannot be
 * selected.
 */
export const factsSchema = z.record(clientNameSchema, text(255)).refine(areFew, 'too many facts');
