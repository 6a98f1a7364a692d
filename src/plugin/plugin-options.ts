import type { z } from 'zod';
import { SignalboxError } from '../../schemas/errors.ts';
import { nearest } from '../nearest.ts';
import type { PluginUse } from './define-plugin.ts';

/** Validates the options of a plug-in. @throws SignalboxError `bad_usage` for an unknown option or an invalid value. */
export function parsePluginOptions({ plugin, options = {} }: PluginUse): z.output<z.ZodObject> {
  const { name, options: schema } = plugin;
  const known = Object.keys(schema?.shape ?? {});
  const unknown = Object.keys(options).find((field) => !known.includes(field));
  if (unknown !== undefined) {
    const meant = nearest(unknown, known);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    throw new SignalboxError('bad_usage', `plug-in ${name} has no option ${unknown}${hint}`);
  }
  const parsed = schema?.safeParse(options);
  if (parsed?.success === false) {
    const [issue] = parsed.error.issues;
    const [field = '', ...inside] = issue?.path ?? [];
    const isMissing = inside.length === 0 && !(field in options);
    const why = isMissing ? 'it is missing' : issue?.message;
    throw new SignalboxError(
      'bad_usage',
      `plug-in ${name}: option ${[field, ...inside].map(String).join('.')}: ${why}`,
    );
  }
  return parsed?.data ?? {};
}
