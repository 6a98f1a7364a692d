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

/**
 * The options that a plug-in adds to the command line: `--NAME-FIELD`, and `SIGNALBOX_NAME_FIELD` in the environment.
 */
export function optionsOf({ name, options }: Plugin): PluginOption[] {
  if (!options) return [];
  const { properties = {} } = z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([field, schema]) => {
    const { description = '', enum: choices, default: initial } = typeof schema === 'object' ? schema : {};
    const types = typesOf(schema);
    const long = `${name}-${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('_', '-')}`;
    if (!/^[a-z][a-z0-9-]*$/.test(long)) {
      throw new SignalboxError('bad_usage', `plug-in ${name}: its option ${field} cannot be given as --${long}`);
    }
    const value = types.join() === 'boolean' ? '[yes|no]' : `<${choices ? 'value' : types.join('|') || 'value'}>`;
    const text = initial === undefined ? description : `${description} (default: ${JSON.stringify(initial)})`.trim();
    const option = new Option(`--${long} ${value}`, text).env(`SIGNALBOX_${long.toUpperCase().replaceAll('-', '_')}`);
    // For help and completion; the schema refuses others.
    if (choices) option.argChoices = choices.map(String);
    return { plugin: name, field, option: option.argParser(parserOf(schema)) };
  });
}

type JsonSchema = z.core.JSONSchema._JSONSchema;

/** The types that are not null: `z.number().nullable()` is given as a number. */
function typesOf(schema: JsonSchema): string[] {
  if (typeof schema !== 'object') return [];
  const { type = [], anyOf = [] } = schema;
  return [...new Set([...[type].flat(), ...anyOf.flatMap(typesOf)])].filter((name) => name !== 'null');
}

/** Converts text to the type of the schema; the schema itself checks everything else. */
function parserOf(schema: JsonSchema): (text: string, before: unknown) => unknown {
  const types = typesOf(schema);
  if (types.includes('array')) {
    const items = typeof schema === 'object' && typeof schema.items === 'object' ? schema.items : {};
    const parse = parserOf(Array.isArray(items) ? {} : items);
    return (text, before) => [...(Array.isArray(before) ? before : []), parse(text, undefined)];
  }
  const isNumber = types.includes('number') || types.includes('integer');
  const isSwitch = types.includes('boolean');
  if (types.includes('string') || !(isNumber || isSwitch)) return (text) => text;
  const wanted = [...(isNumber ? ['a number'] : []), ...(isSwitch ? ['yes or no'] : [])].join(', or ');
  return (text) => {
    const value = (isNumber ? parseNumber(text) : undefined) ?? (isSwitch ? parseSwitch(text) : undefined);
    if (value === undefined) throw new InvalidArgumentError(`it must be ${wanted}.`);
    return value;
  };
}

function parseNumber(text: string): number | undefined {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
}
