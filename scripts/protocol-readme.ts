/**
 * Writes what in schemas/README.md follows from the code, between `<!-- generated: NAME -->` and `<!-- /generated -->`:
 * the tables, except the last column of those of messages and commands where the code has no words for it, and the bytes
 * of the exchange, from the messages beside them. A new row of a table gets an empty last cell, to be filled in by hand.
 *
 *   node scripts/protocol-readme.ts           rewrites the file
 *   node scripts/protocol-readme.ts --check   exits with 1 when the file is not what this would write
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import * as schemas from '../schemas/index.ts';
import { commandNameSchema, traceparentSchema } from '../schemas/messages.ts';
import { builtinContracts } from '../src/builtin-contracts.ts';
import { encodeFrame, encodeMessage } from '../src/wire/codec.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** A row of a table of fields. `thing` is the message or command that it belongs to. */
interface Row {
  readonly thing: string;
  readonly cells: readonly string[];
  /** The last column, where the code says it. */
  readonly meaning?: string | undefined;
}

const readme = new URL('../schemas/README.md', import.meta.url);
const code = (text: string) => `\`${text}\``;
/** Between two cells. */
const bar = /(?<!\\)\|/g;
const number = (value: number) => value.toLocaleString('en');

/** Types that the document explains once. */
const named = new Map<unknown, string>([
  [schemas.bootIdSchema, 'boot id'],
  [schemas.clientNameSchema, 'client name'],
  [commandNameSchema, 'command name'],
  [schemas.jobIdSchema, 'job id'],
  [traceparentSchema, 'traceparent'],
  [schemas.wireErrorSchema, 'error'],
]);

function jsonSchemaOf(schema: z.core.$ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const name = zodSchema._zod.def.type === 'custom' ? 'bin' : named.get(zodSchema);
      if (name) jsonSchema.title = name;
    },
  });
}

function propertiesOf({ properties = {} }: JsonSchema): [string, JsonSchema][] {
  return Object.entries(properties).flatMap(([name, schema]) => (typeof schema === 'object' ? [[name, schema]] : []));
}

const atMost = (max: number | undefined) => (max === undefined ? '' : ` ≤ ${number(max)}`);

function typeOf(schema: JsonSchema): string {
  const { title, type, items, minimum, maximum = Number.MAX_SAFE_INTEGER } = schema;
  if (title) return title;
  if (schema.anyOf) return schema.anyOf.map((one) => (typeof one === 'object' ? typeOf(one) : 'any')).join(' or ');
  if (type === 'null') return 'nil';
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(', ');
  if (type === 'string') return `str${atMost(schema.maxLength)}`;
  if (type === 'object') return schema.properties && propertiesOf(schema).length === 0 ? 'empty map' : 'map';
  if (type === 'array') {
    const item = typeof items === 'object' && !Array.isArray(items) ? typeOf(items) : 'any';
    return `array${atMost(schema.maxItems)} of ${item}`;
  }
  const hasMaximum = maximum < Number.MAX_SAFE_INTEGER;
  if (minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER) return String(type ?? 'any');
  return hasMaximum ? `${type} ${minimum} to ${number(maximum)}` : `${type} ≥ ${minimum}`;
}

function unitOf(name: string, { unit }: JsonSchema): string {
  if (typeof unit === 'string') return unit;
  if (name.endsWith('Ms')) return 'ms';
  return /Bytes$|^(offset|stdout|stderr)$/.test(name) ? 'bytes' : '';
}

function fieldRows(thing: string, schema: JsonSchema, path = ''): Row[] {
  return propertiesOf(schema).flatMap(([name, field]): Row[] => {
    if (field.const !== undefined) return [];
    const required = schema.required?.includes(name) ? 'yes' : 'no';
    const cells = ['', code(path + name), typeOf(field), unitOf(name, field), required];
    const inner = field.title ? [] : fieldRows(thing, field, `${path}${name}.`);
    return [{ thing, cells, meaning: field.description }, ...inner];
  });
}

function messageRows(union: z.core.$ZodDiscriminatedUnion): Row[] {
  return union._zod.def.options.flatMap((option) => {
    const schema = jsonSchemaOf(option);
    const type = propertiesOf(schema).find(([name]) => name === 'type')?.[1].const;
    const thing = code(String(type));
    return [{ thing, cells: [thing, '', '', '', ''] }, ...fieldRows(thing, schema)];
  });
}

async function commandRows(): Promise<Row[]> {
  return [...schemas.controlCommands, ...(await builtinContracts())].flatMap((contract) => {
    const { args, result, kind, summary } = contract;
    const thing = code(contract.name);
    const head: Row = { thing, cells: [thing, '', '', '', ''], meaning: `${kind}: ${summary}` };
    return [head, ...fieldRows(thing, jsonSchemaOf(z.strictObject({ args, result })))];
  });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll(bar, '\\|')).join(' | ')} |`;
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}

function fieldTable(title: string, rows: readonly Row[], before: string): string {
  const kept = new Map<string, string>();
  let thing = '';
  for (const line of before.split('\n')) {
    const [, first = '', field = '', , , , meaning = ''] = line.split(bar).map((cell) => cell.trim());
    thing = first || thing;
    kept.set(thing + field, meaning);
  }
  const body = rows.map((row) => [...row.cells, row.meaning ?? kept.get(row.thing + row.cells[1]) ?? '']);
  return table([title, 'field', 'type', 'unit', 'required', 'meaning'], body);
}

const hexOf = (value: unknown) => encodeMessage([value]).bytes.subarray(1).toString('hex');

/** The bytes behind each line of `JSON.stringify(value, null, 2)`; none behind a closing bracket. */
function hexLines(value: unknown, key = ''): string[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [key + hexOf(value)];
  const children = Array.isArray(value)
    ? value.flatMap((item) => hexLines(item))
    : Object.entries(value).flatMap(([name, item]) => hexLines(item, `${hexOf(name)} `));
  // No container in the document has more than 15 entries, so that its head is one byte.
  return [key + hexOf(value).slice(0, 2), ...children, ''];
}

/** A block of the exchange, `BYTES # MESSAGES` in each line, with the bytes of its messages. */
function frameBlock(block: string): string {
  const messages: object[] = JSON.parse(block.replaceAll(/^.*?# /gm, ''));
  const hex = hexLines(messages);
  const frame = encodeFrame(messages.map(encodeMessage));
  if (hex.join('').replaceAll(' ', '') !== frame.toString('hex')) throw new Error(`not the bytes of ${block}`);
  const width = Math.max(...hex.map((bytes) => bytes.length));
  const json = JSON.stringify(messages, null, 2).split('\n');
  return json.map((line, at) => `${(hex[at] ?? '').padEnd(width)} # ${line}\n`).join('');
}

/** The document with its generated parts as they should be. */
export async function render(document: string): Promise<string> {
  const commands = await commandRows();
  const errors = Object.entries(schemas.errorCodes).map(([name, error]) => {
    return [code(name), error.meaning, error.retry ? 'yes' : 'no'];
  });
  const limits = Object.entries(schemas.limitTable).map(([name, { value, unit, enforcedBy, prevents }]) => {
    return [code(name), number(value), unit, enforcedBy, prevents];
  });
  const parts = new Map<string, (before: string) => string>([
    ['from-client', (before) => fieldTable('message', messageRows(schemas.fromClientSchema), before)],
    ['from-server', (before) => fieldTable('message', messageRows(schemas.fromServerSchema), before)],
    ['commands', (before) => fieldTable('command', commands, before)],
    ['errors', () => table(['code', 'meaning', 'retry'], errors)],
    ['limits', () => table(['limit', 'value', 'unit', 'enforced by', 'prevents'], limits)],
    ['exchange', (before) => before.replaceAll(/(?<=```text\n).*?(?=```)/gs, frameBlock)],
  ]);
  return document.replaceAll(/(?<=<!-- generated: ([a-z-]+) -->\n).*?(?=\n<!-- \/generated -->)/gs, (before, name) => {
    const write = parts.get(name);
    if (!write) throw new Error(`there is no generated part named ${name}`);
    return write(before);
  });
}

if (import.meta.main) {
  const before = readFileSync(readme, 'utf8');
  const after = await render(before);
  if (!process.argv.includes('--check')) writeFileSync(readme, after);
  else if (after !== before) {
    process.stderr.write('schemas/README.md is stale; run: node scripts/protocol-readme.ts\n');
    process.exitCode = 1;
  }
}
