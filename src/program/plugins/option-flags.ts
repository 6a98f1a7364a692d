import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { SignalboxError } from '../../../schemas/errors.ts';
import type { Plugin } from '../../plugin/define-plugin.ts';
import { parseSwitch } from '../environment.ts';

/** An option of a plug-in, and the field of its `options` that it sets. */
export interface PluginOption {
  readonly plugin: string;
  readonly field: string;
  readonly option: Option;
}

/** The options that a plug-in adds to the command line: `--NAME-FIELD`, and `SIGNALBOX_NAME_FIELD` in the environment. */
export function optionsOf({ name, options }: Plugin): PluginOption[] {
  if (!options) return [];
  const { properties = {} } = z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([field, schema]) => {
    const { type, description = '', enum: choices, default: initial } = typeof schema === 'object' ? schema : {};
    const long = `${name}-${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('_', '-')}`;
    if (!/^[a-z][a-z0-9-]*$/.test(long)) {
      throw new SignalboxError('bad_usage', `plug-in ${name}: its option ${field} cannot be given as --${long}`);
    }
    const value = type === 'boolean' ? '[yes|no]' : `<${choices ? 'value' : (type ?? 'value')}>`;
    const text = initial === undefined ? description : `${description} (default: ${JSON.stringify(initial)})`.trim();
    const option = new Option(`--${long} ${value}`, text).env(`SIGNALBOX_${long.toUpperCase().replaceAll('-', '_')}`);
    return { plugin: name, field, option: option.argParser(parserOf(type)) };
  });
}

/** From text to what the schema takes; what cannot be read is left to the schema to refuse. */
function parserOf(type: unknown): (text: string, before: unknown) => unknown {
  if (type === 'boolean') {
    return (text) => {
      const value = parseSwitch(text);
      if (value === undefined) throw new InvalidArgumentError('it is yes or no.');
      return value;
    };
  }
  if (type === 'number' || type === 'integer') return (text) => (text.trim() === '' ? text : Number(text));
  if (type === 'array') return (text, before) => [...(Array.isArray(before) ? before : []), text];
  return (text) => text;
}
