import type { CommandContract } from '../../../schemas/index.ts';
import { argsSchemaOf, type JsonSchema } from '../../plugin/args-schema.ts';
import { expectation, listedValues, typeOf } from './expectation.ts';

/** One argument of a command, as it is typed and explained. */
export interface Parameter {
  /** The field of the schema: `maxBytes`. */
  readonly name: string;
  /** `--max-bytes` */
  readonly option: string;
  /** `MAX-BYTES`, or the `label` of its schema. */
  readonly label: string;
  /** Its name in errors: the label, or the option if it can be given only by option. */
  readonly called: string;
  readonly type: ParameterType;
  /** For arrays: the type of each word. */
  readonly items?: ScalarType;
  readonly enum?: string[];
  readonly required: boolean;
  /** It can be given only as `--name value`. */
  readonly named?: true;
  /** A required array that may be empty: without words it is empty. */
  readonly mayBeEmpty?: true;
  readonly unit?: string;
  readonly description?: string;
  /** Completes `SECONDS must be …`: `a number from 0 to 60 (s)`. */
  readonly expectation: string;
  /** For arrays: the same for each word. */
  readonly itemExpectation?: string;
  /** It may contain a password: errors do not repeat it. */
  readonly isSecret?: true;
  /** The schema itself describes its valid values, as `form`. */
  readonly hasForm?: true;
}

export type ScalarType = 'number' | 'integer' | 'string';
type ParameterType = ScalarType | 'boolean' | 'array';

const known = new WeakMap<CommandContract, Parameter[]>();

/** The arguments of a command in the order of its contract. */
export function signature(contract: CommandContract): Parameter[] {
  const cached = known.get(contract);
  if (cached !== undefined) return cached;
  const root = argsSchemaOf(contract);
  const parameters = Object.entries(root.properties ?? {}).map(([name, property]) =>
    toParameter(name, flatten(property, root.$defs), root.required?.includes(name) ?? false),
  );
  known.set(contract, parameters);
  return parameters;
}

/** The name, in errors, of the argument in this field of the schema. */
export function called(contract: CommandContract | undefined, name: string): string {
  const parameter = contract && signature(contract).find((one) => one.name === name);
  return parameter?.called ?? name;
}

/**
 * The arguments that can be given without an option: no booleans, none marked `named`, and an array only as the last,
 * which takes all remaining words.
 */
export function positionals(contract: CommandContract): Parameter[] {
  const valued = signature(contract).filter(({ type, named }) => type !== 'boolean' && !named);
  return valued.filter((parameter) => parameter.type !== 'array' || parameter === valued.at(-1));
}

/**
 * Whether words after this positional argument are never options: within an array, and after the program of a command
 * that runs code.
 */
export function endsOptions(contract: CommandContract, { type }: Parameter): boolean {
  return type === 'array' || (contract.runsCode === true && positionals(contract).at(-1)?.type === 'array');
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
    ...(type === 'array' && { itemExpectation: expectation(item, option) }),
    ...((schema.secret ?? item.secret) === true && { isSecret: true as const }),
    ...((schema.form ?? item.form) !== undefined && { hasForm: true as const }),
  };
}

function scalar(schema: JsonSchema): ScalarType {
  const type = typeOf(schema);
  return type === 'number' || type === 'integer' ? type : 'string';
}

/** Resolves `$ref`, and the part of a nullable field that is not null. */
function flatten(field: JsonSchema | boolean, named: JsonSchema['$defs'] = {}): JsonSchema {
  if (typeof field === 'boolean') return {};
  const { $ref, anyOf, ...own } = field;
  const target = $ref === undefined ? undefined : named[$ref.slice('#/$defs/'.length)];
  const member = anyOf?.find((one) => one.type !== 'null');
  return { ...target, ...member, ...own };
}
