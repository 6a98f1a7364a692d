/**
 * Writes what in schemas/README.md follows from the code, between `<!-- generated: NAME -->` and `<!-- /generated -->`.
 * The prose around it is written by hand, and so is the last column of the tables of messages and commands: a cell there is
 * kept as long as its row exists; a new row gets an empty one, to be filled in.
 *
 *   node scripts/protocol-readme.ts           rewrites the file
 *   node scripts/protocol-readme.ts --check   exits with 1 when the file is not what this would write
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import {
  bootIdSchema,
  clientNameSchema,
  controlCommands,
  errorCodes,
  type FromClient,
  type FromServer,
  fromClientSchema,
  fromServerSchema,
  jobIdSchema,
  limitTable,
  wireErrorSchema,
} from '../schemas/index.ts';
import { commandNameSchema } from '../schemas/messages.ts';
import { builtinContracts } from '../src/builtin.ts';
import { encodeFrame, encodeMessage } from '../src/wire/codec.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** A row of a table: the thing, its field, and all but the last column. */
interface Row {
  readonly key: string;
  readonly cells: readonly string[];
  /** Where the code says it. */
  readonly meaning?: string | undefined;
}

const readme = new URL('../schemas/README.md', import.meta.url);
const region = /<!-- generated: ([a-z-]+) -->\n[^]*?<!-- \/generated -->/g;
const code = (text: string) => `\`${text}\``;
const number = (value: number) => value.toLocaleString('en');

/** Types that the document explains once. */
const named = new Map<unknown, string>([
  [bootIdSchema, 'boot id'],
  [clientNameSchema, 'client name'],
  [commandNameSchema, 'command name'],
  [jobIdSchema, 'job id'],
  [wireErrorSchema, 'error'],
]);

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const name = zodSchema._zod.def.type === 'custom' ? 'bin' : named.get(zodSchema);
      if (name) jsonSchema.title = name;
    },
  });
}

const schemasOf = (value: Record<string, JsonSchema | boolean> | undefined): [string, JsonSchema][] =>
  Object.entries(value ?? {}).flatMap(([name, schema]) => (typeof schema === 'object' ? [[name, schema]] : []));

function typeOf(schema: JsonSchema): string {
  if (schema.title) return schema.title;
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(', ');
  switch (schema.type) {
    case 'object':
      return schema.properties && Object.keys(schema.properties).length === 0 ? 'empty map' : 'map';
    case 'array':
      return `array of ${typeof schema.items === 'object' ? typeOf(schema.items as JsonSchema) : 'any'}${atMost(schema.maxItems)}`;
    case 'string':
      return `str${atMost(schema.maxLength)}`;
    case 'integer':
    case 'number':
      return `${schema.type}${range(schema)}`;
    default:
      return schema.type ?? 'any';
  }
}

const atMost = (max: number | undefined) => (max === undefined ? '' : ` ≤ ${number(max)}`);

function range({ minimum, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): string {
  if (maximum < Number.MAX_SAFE_INTEGER)
    return minimum === undefined ? atMost(maximum) : ` ${minimum} to ${number(maximum)}`;
  return minimum === undefined || minimum < 0 ? '' : ` ≥ ${minimum}`;
}

function unitOf(name: string, schema: JsonSchema): string {
  if (typeof schema['unit'] === 'string') return schema['unit'];
  if (name.endsWith('Ms')) return 'ms';
  return /Bytes$|^(offset|stdout|stderr)$/.test(name) ? 'bytes' : '';
}

function fieldRows(thing: string, schema: JsonSchema, path = ''): Row[] {
  return schemasOf(schema.properties).flatMap(([name, field]): Row[] => {
    if (field.const !== undefined) return [];
    const at = `${path}${name}`;
    const required = schema.required?.includes(name) ? 'yes' : 'no';
    const cells = ['', code(at), typeOf(field), unitOf(name, field), required];
    const inner = field.title ? [] : fieldRows(thing, field, `${at}.`);
    return [{ key: `${thing} ${code(at)}`, cells, meaning: field.description }, ...inner];
  });
}

function messageRows(union: z.ZodDiscriminatedUnion): Row[] {
  return union.options.flatMap((option) => {
    const schema = jsonSchemaOf(option as z.ZodType);
    const type = schemasOf(schema.properties).find(([name]) => name === 'type')?.[1].const;
    const name = code(String(type));
    return [{ key: `${name} `, cells: [name, '', '', '', ''] }, ...fieldRows(name, schema)];
  });
}

async function commandRows(): Promise<Row[]> {
  return [...controlCommands, ...(await builtinContracts())].flatMap(({ name, kind, summary, args, result }) => {
    const meaning = `${summary} (${kind})`;
    const schema = jsonSchemaOf(z.strictObject({ args, result }));
    return [{ key: `${code(name)} `, cells: [code(name), '', '', '', ''], meaning }, ...fieldRows(code(name), schema)];
  });
}

/** The last column as it stands in the file, by the keys of its rows. */
function meaningsIn(text: string): Map<string, string> {
  const meanings = new Map<string, string>();
  let thing = '';
  for (const line of text.split('\n')) {
    const [, first, field, , , , meaning] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (field === undefined || meaning === undefined) continue;
    thing = first || thing;
    meanings.set(`${thing} ${field}`, meaning);
  }
  return meanings;
}

function fieldTable(title: string, rows: readonly Row[], kept: ReadonlyMap<string, string>): string {
  const body = rows.map(({ key, cells, meaning }) => [...cells, meaning ?? kept.get(key) ?? '']);
  return table([title, 'field', 'type', 'unit', 'required', 'meaning'], body);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The frames of the example, each with what happens. Ids and times are fixed, so that the bytes are. */
const server = 'k3v9q0ta2m7x';
const [first, second] = [`${server}.1`, `${server}.2`];
const info = { host: 'box', pid: 4711, platform: 'linux' };
const welcomeLimits = { maxMessageBytes: 1_048_576, outputCreditBytes: 262_144 };
const started = { state: 'ready', changed: true } as const;
const ping = { type: 'command', id: second, name: 'ping', args: {}, sentMs: 5_700.5, expiresInMs: 30_000 } as const;
export const exchange: readonly ({ note: string; client: FromClient[] } | { note: string; server: FromServer[] })[] = [
  {
    note: 'A client that has just started says who it is.',
    client: [
      {
        type: 'hello',
        protocol: 1,
        version: '0.1.0',
        name: 'w1',
        bootId: 'a8f3zk20qm4d',
        state: 'unready',
        commands: ['ping'],
        info,
      },
    ],
  },
  {
    note: 'The server opens a session.',
    server: [
      {
        type: 'welcome',
        session: 'p5x1c7rr0b2e',
        serverBootId: server,
        heartbeatMs: 1_000,
        sentMs: 5_000.25,
        limits: welcomeLimits,
      },
    ],
  },
  { note: 'The client holds no jobs.', client: [{ type: 'jobs-end' }] },
  { note: 'A control command.', server: [{ type: 'command', id: first, name: 'start', args: {}, sentMs: 5_200 }] },
  {
    note: 'It is accepted, the state changes, and it is done: three messages that were due at once.',
    client: [
      { type: 'accepted', id: first },
      { type: 'state', state: 'ready' },
      { type: 'result', id: first, outcome: 'completed', result: started, durationMs: 0 },
    ],
  },
  { note: 'The outcome is safe; the client forgets the job.', server: [{ type: 'ack', ids: [first] }] },
  { note: 'A data command that must start within 30 s.', server: [ping] },
  { note: 'It has started.', client: [{ type: 'accepted', id: second }] },
  {
    note: 'Its outcome.',
    client: [{ type: 'result', id: second, outcome: 'completed', result: 1_790_000_000, durationMs: 0.5 }],
  },
  { note: 'Safe too.', server: [{ type: 'ack', ids: [second] }] },
  { note: 'One each second.', server: [{ type: 'heartbeat', seq: 1, sentMs: 6_000.125 }] },
  { note: 'Answered at once.', client: [{ type: 'heartbeat-ack', seq: 1, state: 'ready', lagMs: 2 }] },
  { note: 'The client ends.', client: [{ type: 'goodbye', reason: 'closed' }] },
];

const hexOf = (value: unknown) => encodeMessage([value]).bytes.subarray(1).toString('hex');

/** The bytes behind each line of `JSON.stringify(value, null, 2)`; none behind a closing bracket. */
function hexLines(value: unknown, key = ''): string[] {
  const isEmpty = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
  if (isEmpty) return [key + hexOf(value)];
  const children = Array.isArray(value)
    ? value.flatMap((item) => hexLines(item))
    : Object.entries(value).flatMap(([name, item]) => hexLines(item, `${hexOf(name)} `));
  // No container here has more than 15 entries, so that its head is one byte.
  return [key + hexOf(value).slice(0, 2), ...children, ''];
}

function exchangeText(): string {
  return exchange
    .map((step, index) => {
      const [way, messages] = 'client' in step ? ['client → server', step.client] : ['server → client', step.server];
      const hex = hexLines(messages);
      const frame = encodeFrame(messages.map(encodeMessage));
      if (hex.join('').replaceAll(' ', '') !== frame.toString('hex'))
        throw new Error('the reading is not of these bytes');
      const width = Math.max(...hex.map((line) => line.length));
      const lines = JSON.stringify(messages, null, 2)
        .split('\n')
        .map((line, at) => `${hex[at]?.padEnd(width)}  # ${line}`);
      return `**${index + 1}. ${way}**, ${frame.length} bytes. ${step.note}\n\n\`\`\`text\n${lines.join('\n')}\n\`\`\``;
    })
    .join('\n\n');
}

/** The document with its generated parts as they should be. */
export async function render(document: string): Promise<string> {
  const commands = await commandRows();
  const limitRows = Object.entries(limitTable).map(([name, limit]) => [
    code(name),
    number(limit.value),
    limit.unit,
    limit.enforcedBy,
    limit.prevents,
  ]);
  const errorRows = Object.entries(errorCodes).map(([name, { meaning, retry }]) => [
    code(name),
    meaning,
    retry ? 'yes' : 'no',
  ]);
  return document.replace(region, (text, name: string) => {
    const kept = meaningsIn(text);
    const parts: Record<string, () => string> = {
      'from-client': () => fieldTable('message', messageRows(fromClientSchema), kept),
      'from-server': () => fieldTable('message', messageRows(fromServerSchema), kept),
      commands: () => fieldTable('command', commands, kept),
      errors: () => table(['code', 'meaning', 'retry'], errorRows),
      limits: () => table(['limit', 'value', 'unit', 'enforced by', 'prevents'], limitRows),
      exchange: exchangeText,
    };
    const part = parts[name];
    if (!part) throw new Error(`schemas/README.md has a generated part that nobody writes: ${name}`);
    return `<!-- generated: ${name} -->\n${part()}\n<!-- /generated -->`;
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
