import { z } from 'zod';
import type { CommandContract } from '../../schemas/index.ts';
import { expectation, type JsonSchema, listedValues, typeOf } from './expectation.ts';

/** One argument of a command, as it is typed and explained. */
export interface Parameter {
  /** The field of the schema: `maxBytes`. */
  readonly name: string;
  /** `--max-bytes` */
  readonly option: string;
  /** `MAX-BYTES`, or the `label` of its schema. */
  readonly label: string;
  /** What errors call it: its label, or its option where it is given by that only. */
  readonly called: string;
  readonly type: ParameterType;
  /** For arrays: what each of its words is. */
  readonly items?: ScalarType;
  readonly enum?: string[];
  readonly required: boolean;
  /** It is given by `--name value` only. */
  readonly named?: true;
  /** An array that must be there but may be empty: nothing typed stands for none. */
  readonly mayBeEmpty?: true;
  readonly unit?: string;
  readonly description?: string;
  /** Completes `SECONDS must be …`: `a number from 0 to 60 (s)`. */
  readonly expectation: string;
  /** The schema says in its own words what it must be. */
  readonly hasForm?: true;
}

export type ScalarType = 'number' | 'integer' | 'string';
export type ParameterType = ScalarType | 'boolean' | 'array';

const known = new WeakMap<CommandContract, Parameter[]>();

/** The arguments of a command in the order of its contract. */
export function signature(contract: CommandContract): Parameter[] {
  const cached = known.get(contract);
  if (cached !== undefined) return cached;
  const root = z.toJSONSchema(contract.args, { io: 'input', unrepresentable: 'any' });
  const parameters = Object.entries(root.properties ?? {}).map(([name, property]) =>
    toParameter(name, flatten(property, root.$defs), root.required?.includes(name) ?? false),
  );
  known.set(contract, parameters);
  return parameters;
}

/** Those that need no name: not booleans, none that says that it is `named`, and of arrays only one at the end, which takes all words that remain. */
export function positionals(contract: CommandContract): Parameter[] {
  const valued = signature(contract).filter(({ type, named }) => type !== 'boolean' && !named);
  return valued.filter((parameter) => parameter.type !== 'array' || parameter === valued.at(-1));
}

/** The times that a command takes beside its own arguments: options whose names are not those of its arguments. */
export function timeOptions(contract: CommandContract): string[] {
  const own = new Set(signature(contract).map(({ option }) => option));
  const all = contract.kind === 'data' ? [...aboutTimes.keys()] : ['--wait'];
  return all.filter((option) => !own.has(option));
}

/** What they mean. */
export const aboutTimes: ReadonlyMap<string, string> = new Map([
  ['--expires', 'not started in this time: expired'],
  ['--timeout', 'still running after it: cancelled'],
  ['--wait', 'not ended in this time: the line ends without it, and what runs goes on'],
]);

/** A word of a usage; what it is the place of, with what stands around that. */
interface UsagePart {
  readonly parameter?: Parameter;
  readonly before: string;
  readonly label: string;
  readonly after: string;
}

/** `calculate SECONDS MESSAGE [--expires D] [--timeout D] [--wait D]` */
export function usage(contract: CommandContract): string {
  const { words, options } = partsOf(contract);
  return textOf(inOrder(contract, words, [...options, ...timeParts(contract)]));
}

/** Without what every command takes, and with many options as one word: `run [options] PROGRAM [ARG]…` */
export function shortUsage(contract: CommandContract): string {
  const { words, options } = partsOf(contract);
  return textOf(inOrder(contract, words, folded(options)));
}

/** A usage in three parts, the second the place of `current`. Many options are one word, but for that of `current`. */
export function usageAround(contract: CommandContract, current: Parameter) {
  const { words, options } = partsOf(contract);
  const parts = inOrder(contract, words, folded([...options, ...timeParts(contract)], current));
  const at = parts.findIndex(({ parameter }) => parameter === current);
  const part = parts[at];
  if (!part) return undefined;
  return {
    before: textOf([...parts.slice(0, at), { ...part, label: '', after: '' }]),
    current: part.label,
    after: textOf([{ ...part, before: '', label: '' }, ...parts.slice(at + 1)]),
  };
}

/** More of them than this are shown as one word where there is little room. */
const maxOptions = 2;

function partsOf(contract: CommandContract) {
  const byPosition = positionals(contract);
  const byName = signature(contract).filter((parameter) => !byPosition.includes(parameter));
  return { words: byPosition.map((parameter) => partOf(parameter)), options: byName.map(optionPart) };
}

const timeParts = (contract: CommandContract): UsagePart[] =>
  timeOptions(contract).map((option) => plain(`[${option} D]`));

function folded(options: readonly UsagePart[], current?: Parameter): readonly UsagePart[] {
  if (options.length <= maxOptions) return options;
  return [plain('[options]'), ...options.filter(({ parameter }) => parameter === current)];
}

/** What stands after the first word of an array belongs to the array, whatever it looks like. */
function inOrder(contract: CommandContract, words: readonly UsagePart[], options: readonly UsagePart[]): UsagePart[] {
  const arrayAtEnd = words.at(-1)?.parameter?.type === 'array';
  return [plain(contract.name), ...(arrayAtEnd ? [...options, ...words] : [...words, ...options])];
}

const plain = (text: string): UsagePart => ({ before: text, label: '', after: '' });

const textOf = (parts: readonly UsagePart[]): string =>
  parts.map(({ before, label, after }) => before + label + after).join(' ');

/** @param option what stands before its place: `--name ` */
function partOf(parameter: Parameter, option = ''): UsagePart {
  const { type, label, required, mayBeEmpty } = parameter;
  const [open, close] = required && !mayBeEmpty ? ['', ''] : ['[', ']'];
  const more = type === 'array' ? '…' : '';
  return {
    parameter,
    before: `${open}${option}`,
    label,
    after: option === '' ? `${more}${close}` : `${close}${more}`,
  };
}

function optionPart(parameter: Parameter): UsagePart {
  const { type, option, required } = parameter;
  if (type !== 'boolean') return partOf(parameter, `${option} `);
  return plain(required ? `--[no-]${option.slice('--'.length)}` : `[${option}]`);
}

function toParameter(name: string, schema: JsonSchema, required: boolean): Parameter {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
  const option = `--${words}`;
  const type = typeOf(schema);
  const item = typeof schema.items === 'object' && !Array.isArray(schema.items) ? schema.items : {};
  const values = listedValues(type === 'array' ? item : schema);
  const { unit } = schema;
  const label = typeof schema.label === 'string' ? schema.label : words.toUpperCase();
  const isNamed = schema.named === true;
  return {
    name,
    option,
    label,
    called: isNamed ? option : label,
    type: type === 'boolean' || type === 'array' ? type : scalar(schema),
    ...(type === 'array' && { items: scalar(item) }),
    ...(values !== undefined && { enum: values }),
    required,
    ...(isNamed && { named: true }),
    ...(type === 'array' && required && !schema.minItems && { mayBeEmpty: true }),
    ...(typeof unit === 'string' && { unit }),
    ...(schema.description !== undefined && { description: schema.description }),
    expectation: expectation(schema, option),
    ...((schema.form ?? item.form) !== undefined && { hasForm: true as const }),
  };
}

function scalar(schema: JsonSchema): ScalarType {
  const type = typeOf(schema);
  return type === 'number' || type === 'integer' ? type : 'string';
}

/** A field without its indirections: named schemas (`$ref`) and, of nullable ones, the part that is not null. */
function flatten(field: JsonSchema | boolean, named: JsonSchema['$defs'] = {}): JsonSchema {
  if (typeof field === 'boolean') return {};
  const { $ref, anyOf, ...own } = field;
  const target = $ref === undefined ? undefined : named[$ref.slice('#/$defs/'.length)];
  const member = anyOf?.find((one) => one.type !== 'null');
  return { ...target, ...member, ...own };
}
