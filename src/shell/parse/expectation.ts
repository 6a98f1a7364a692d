import type { JsonSchema } from '../../plugin/args-schema.ts';

/**
 * Describes the valid values of an argument from its JSON schema: `a number from 0 to 60 (s)`. The `form` of a schema
 * replaces this description.
 */
export function expectation(schema: JsonSchema, option: string): string {
  const { unit, form } = schema;
  if (typeof form === 'string') return form;
  return phrase(schema, option) + (typeof unit === 'string' ? ` (${unit})` : '');
}

/** The values of a closed list, as they are typed. */
export function listedValues({ const: only, enum: listed }: JsonSchema): string[] | undefined {
  if (only !== undefined) return [String(only)];
  return listed?.map(String);
}

/** The type of what is typed; where several are possible, the first that is not null. */
export function typeOf({ type }: JsonSchema): string | undefined {
  return Array.isArray(type) ? type.find((one) => one !== 'null') : type;
}

function phrase(schema: JsonSchema, option: string): string {
  const type = typeOf(schema);
  if (type === 'boolean') return `${option} or --no-${option.slice('--'.length)}`;
  const values = listedValues(schema);
  if (values !== undefined) return `one of: ${values.join(', ')}`;
  if (type === 'integer') return number('a whole number', schema);
  if (type === 'number') return number('a number', schema);
  if (type === 'string') return text(schema);
  if (type === 'array') return words(schema, option);
  return 'a value';
}

function number(what: string, schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  // zod adds the bounds of safe integers, which are not worth showing.
  const least = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const step = multipleOf === undefined ? '' : `, a multiple of ${multipleOf}`;
  if (least !== undefined && most !== undefined) return `${what} from ${least} to ${most}${step}`;
  const bounds = [
    least === undefined ? [] : `of at least ${least}`,
    exclusiveMinimum === undefined ? [] : `above ${exclusiveMinimum}`,
    most === undefined ? [] : `of at most ${most}`,
    exclusiveMaximum === undefined ? [] : `below ${exclusiveMaximum}`,
  ].flat();
  return [what, bounds.join(' and ')].filter(Boolean).join(' ') + step;
}

function text({ minLength, maxLength, maxBytes, format, pattern }: JsonSchema): string {
  if (format !== undefined) return `text in the form of ${format}`;
  const amount =
    typeof maxBytes === 'number' ? count(minLength, maxBytes, 'byte') : count(minLength, maxLength, 'character');
  const form = pattern === undefined ? '' : ` that matches ${pattern}`;
  return `text${amount === undefined ? '' : ` of ${amount}`}${form}`;
}

function words({ minItems, maxItems, items }: JsonSchema, option: string): string {
  const amount = count(minItems, maxItems, 'word') ?? 'any number of words';
  const item = typeof items === 'object' && !Array.isArray(items) ? expectation(items, option) : 'text';
  return item === 'text' || item === 'a value' ? amount : `${amount}, each ${item}`;
}

function count(least = 0, most = Number.POSITIVE_INFINITY, noun = ''): string | undefined {
  const counted = (amount: number) => `${amount} ${noun}${amount === 1 ? '' : 's'}`;
  if (least === most) return counted(least);
  if (least > 0)
    return most === Number.POSITIVE_INFINITY ? `at least ${counted(least)}` : `${least} to ${counted(most)}`;
  return most === Number.POSITIVE_INFINITY ? undefined : `at most ${counted(most)}`;
}
