/**
 * Writes the generated parts of schemas/README.md, between `<!-- generated: NAME -->` and `<!-- /generated -->`: the tables
 * and the bytes of the exchange. The sentence above the table of a message, and cells of the last column that the code does
 * not define, are kept. For a new message or field they are empty, to be filled in by hand.
 *
 *   node scripts/protocol-readme.ts           rewrites the file
 *   node scripts/protocol-readme.ts --check   exits with 1 if the file is not up to date
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import * as schemas from '../schemas/index.ts';

import { builtinContracts } from '../src/builtin-contracts.ts';
import { exchangeText } from './exchange-text.ts';
import { messagesFrom, type PlacedMessage, type Side } from './layouts.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** A row of a table of fields. */
interface Row {
  /** Cells before the last one, including the field. */
  readonly cells: readonly string[];
  readonly field: string;
  /** The last column, if the code defines it. */
  readonly meaning?: string | undefined;
}

const readme = new URL('../schemas/README.md', import.meta.url);
const code = (text: string) => `\`${text}\``;
/** Separator of cells. */
const bar = /(?<!\\)\|/g;
const number = (value: number) => value.toLocaleString('en');

/** Types that the document explains once. */
const named = new Map<unknown, string>([
  [schemas.bootIdSchema, 'boot id'],
  [schemas.clientNameSchema, 'client name'],
  [schemas.commandNameSchema, 'command name'],
  [schemas.messageIdSchema, 'job id'],
  [schemas.labelsSchema, 'labels'],
  [schemas.factsSchema, 'facts'],
  [schemas.traceparentSchema, 'traceparent'],
  [schemas.wireErrorSchema, 'error'],
]);

export function jsonSchemaOf(schema: z.core.$ZodType): JsonSchema {
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
  const { title, type, items, minimum, maximum = Number.MAX_SAFE_INTEGER, maxBytes } = schema;
  if (title) return title;
  if (schema.anyOf) return schema.anyOf.map((one) => (typeof one === 'object' ? typeOf(one) : 'any')).join(' or ');
  if (schema.const !== undefined) return code(String(schema.const));
  if (type === 'null') return 'nil';
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(', ');
  if (typeof maxBytes === 'number') return `str${atMost(maxBytes)}`;
  if (type === 'string') return `str${atMost(schema.maxLength)}${schema.maxLength === undefined ? '' : ' characters'}`;
  if (type === 'object') return schema.properties && propertiesOf(schema).length === 0 ? 'empty map' : 'map';
  if (type === 'array') {
    const item = typeof items === 'object' && !Array.isArray(items) ? typeOf(items) : 'any';
    const least =
      schema.minItems === undefined
        ? atMost(schema.maxItems)
        : ` ${schema.minItems} to ${number(schema.maxItems ?? 0)}`;
    return `array${least} of ${item}`;
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

/** @param before cells before the cells of the field. */
function fieldRows(before: readonly string[], schema: JsonSchema, path = ''): Row[] {
  return propertiesOf(schema).flatMap(([name, field]): Row[] => {
    if (path === '' && name === 'type') return [];
    const required = schema.required?.includes(name) ? 'yes' : 'no';
    const row = { ...rowOf(before, path + name, field, required), meaning: field.description };
    const inner = field.title ? [] : fieldRows(before, field, `${path}${name}.`);
    return [row, ...inner];
  });
}

function rowOf(before: readonly string[], field: string, schema: JsonSchema, required: string, type = typeOf(schema)) {
  const name = field.split('.').at(-1) ?? field;
  return { field: code(field), cells: [...before, code(field), type, unitOf(name, schema), required] };
}

function messageRows({ type: message, fields }: PlacedMessage): Row[] {
  const isOfRecords = message.startsWith('records');
  return fields.flatMap(({ name, at, required, schema, words }): Row[] => {
    const field = { ...jsonSchemaOf(schema), ...(isOfRecords && name === 'offset' && { unit: 'records' }) };
    const before = [String(at)];
    const type =
      words &&
      Object.entries(words)
        .map(([word, value]) => `${value} ${code(word)}`)
        .join(', ');
    const row = rowOf(before, name, field, required ? 'yes' : 'no', type);
    return [row, ...(field.title ? [] : fieldRows(before, field, `${name}.`))];
  });
}

/** For each message a heading, a sentence and a table. */
function messageSections(side: Side, before: string): string {
  const known = new Map(before.split(/^#### /m).map((section) => [/`(.*?)`/.exec(section)?.[1], section] as const));
  const sections = messagesFrom(side).map((message) => {
    const isMap = message.code === undefined;
    const [, sentence = ''] = /^.*\n\n([^|]*?)\n\n\|/.exec(known.get(message.type) ?? '') ?? [];
    const rows = isMap ? fieldRows([], jsonSchemaOf(message.schema)) : messageRows(message);
    const head = ['field', 'type', 'unit', 'required', 'meaning'];
    const body = table(isMap ? head : ['at', ...head], withMeanings(rows, known.get(message.type) ?? ''));
    return `#### ${code(message.type)}: ${isMap ? 'a map' : `code ${message.code}`}\n\n${sentence}\n\n${body}`;
  });
  return sections.join('\n\n');
}

/** The rows with their last cell: from the code, else the previous text. */
function withMeanings(rows: readonly Row[], before: string): string[][] {
  const kept = new Map<string, string>();
  for (const line of before.split('\n')) {
    const cells = line.split(bar).map((cell) => cell.trim());
    const field = cells.slice(1, 4).find((cell) => cell.startsWith('`'));
    if (field) kept.set(field, cells.at(-2) ?? '');
  }
  return rows.map(({ cells, field, meaning }) => [...cells, meaning ?? kept.get(field) ?? '']);
}

async function commandTable(before: string): Promise<string> {
  const rows = [...schemas.controlCommands, ...(await builtinContracts())].flatMap((contract) => {
    const { args, result, kind, summary } = contract;
    const name = code(contract.name);
    const schema = jsonSchemaOf(z.strictObject({ args, result }));
    const section = before.split(/^\| (?=`)/m).find((part) => part.startsWith(name)) ?? '';
    const fields = withMeanings(fieldRows([''], schema), section);
    return [[name, '', '', '', '', `${kind}: ${summary}`], ...fields];
  });
  return table(['command', 'field', 'type', 'unit', 'required', 'meaning'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll(bar, '\\|')).join(' | ')} |`;
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}

/** The document with up-to-date generated parts. */
export async function render(document: string): Promise<string> {
  const errors = Object.entries(schemas.errorCodes).map(([name, error]) => {
    return [code(name), error.meaning, error.retry ? 'yes' : 'no'];
  });
  const limits = Object.entries(schemas.limitTable).map(([name, { value, unit, enforcedBy, prevents }]) => {
    return [code(name), number(value), unit, enforcedBy, prevents];
  });
  const parts = new Map<string, (before: string) => string | Promise<string>>([
    ['from-client', (before) => messageSections('client', before)],
    ['from-server', (before) => messageSections('server', before)],
    ['commands', commandTable],
    ['errors', () => table(['code', 'meaning', 'retry'], errors)],
    ['limits', () => table(['limit', 'value', 'unit', 'enforced by', 'prevents'], limits)],
    ['exchange', exchangeText],
  ]);
  let rendered = '';
  for (const piece of document.split(/(?<=<!-- generated: [a-z-]+ -->\n)|(?=\n<!-- \/generated -->)/)) {
    const [, name] = /<!-- generated: ([a-z-]+) -->\n$/.exec(rendered) ?? [];
    const write = name === undefined ? undefined : parts.get(name);
    if (name !== undefined && !write) throw new Error(`there is no generated part named ${name}`);
    rendered += write ? await write(piece) : piece;
  }
  return rendered;
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
