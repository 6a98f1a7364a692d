import { z } from 'zod';
import {
  clientLayouts,
  clientMessages,
  type FieldRules,
  type FromClient,
  type FromServer,
  fieldRules,
  helloSchema,
  type JobSignal,
  jobSignalSchema,
  type Layout,
  limits,
  type Message,
  maxOffset,
  refusedSchema,
  serverLayouts,
  serverMessages,
  welcomeSchema,
  wireErrorSchema,
  wordNumbers,
} from '../../schemas/index.ts';
import type { FrameReader } from './frame-reader.ts';

/** A message of a type that this version does not know. It is ignored, but counts as a message. */
export interface Unknown {
  readonly type: 'unknown';
}

/** Reads the messages of one side. */
export interface Direction<M> {
  /** The schema of messages that are maps. */
  readonly handshake: z.ZodType<M>;
  readonly byCode: readonly (ReadMessage<M> | undefined)[];
}

export interface ReadMessage<M> {
  readonly type: string;
  readonly required: readonly string[];
  read(fields: FrameReader): M;
  /** Reads the trailing map into the message; undefined if this type has none. */
  readonly optional: ((fields: FrameReader, message: object) => void) | undefined;
  /** Which optional fields each word requires or excludes; undefined if they are unrestricted. */
  readonly rules: FieldRules | undefined;
}

/** Reads the required fields of each type. */
type Readers<M extends { type: string }, Layouts> = {
  readonly [Type in keyof Layouts & M['type']]: (fields: FrameReader) => Message<M, Type>;
};

const states = wordsOf(wordNumbers.state);
const jobStates = wordsOf(wordNumbers.jobState);
const outcomes = wordsOf(wordNumbers.outcome);
const streams = wordsOf(wordNumbers.stream);

const clientReaders: Readers<FromClient, typeof clientLayouts> = {
  job: (fields) => ({
    type: 'job',
    id: fields.id(),
    command: fields.commandName(),
    state: fields.word(jobStates),
    offsets: checked(clientMessages.job.shape.offsets, fields),
  }),
  'jobs-end': (fields) => ({ type: 'jobs-end', elsewhere: fields.uint() }),
  state: (fields) => ({ type: 'state', state: fields.word(states) }),
  accepted: (fields) => ({ type: 'accepted', id: fields.id() }),
  rejected: (fields) => ({ type: 'rejected', id: fields.id(), error: checked(wireErrorSchema, fields) }),
  output: (fields) => ({
    type: 'output',
    id: fields.id(),
    stream: fields.word(streams),
    offset: offsetOf(fields),
    data: fields.binary(1, limits.maxOutputChunkBytes),
  }),
  'output-full': (fields) => ({ type: 'output-full', id: fields.id(), full: fields.boolean() }),
  progress: (fields) => ({ type: 'progress', id: fields.id(), fraction: numberIn(fields, 0, 1) }),
  result: (fields) => ({
    type: 'result',
    id: fields.id(),
    outcome: fields.word(outcomes),
    durationMs: numberIn(fields, 0),
  }),
  'heartbeat-ack': (fields) => ({
    type: 'heartbeat-ack',
    seq: fields.uint(),
    state: fields.word(states),
    lagMs: numberIn(fields, 0),
  }),
  goodbye: (fields) => ({ type: 'goodbye', reason: fields.text(limits.maxTextBytes) }),
  stale: (fields) => ({ type: 'stale', id: fields.id() }),
  records: (fields) => ({
    type: 'records',
    id: fields.id(),
    offset: offsetOf(fields),
    values: checked(clientMessages.records.shape.values, fields),
  }),
  about: (fields) => ({
    type: 'about',
    labels: checked(clientMessages.about.shape.labels, fields),
    facts: checked(clientMessages.about.shape.facts, fields),
  }),
};

const serverReaders: Readers<FromServer, typeof serverLayouts> = {
  command: (fields) => ({
    type: 'command',
    id: fields.id(),
    name: fields.commandName(),
    args: mapOf(fields),
    sentMs: fields.number(),
  }),
  cancel: (fields) => ({ type: 'cancel', id: fields.id() }),
  signal: (fields) => ({ type: 'signal', id: fields.id(), signal: signalOf(fields) }),
  'output-ack': (fields) => ({
    type: 'output-ack',
    id: fields.id(),
    stream: fields.word(streams),
    offset: fields.uint(),
  }),
  fetch: (fields) => ({ type: 'fetch', id: fields.id(), from: checked(serverMessages.fetch.shape.from, fields) }),
  ack: (fields) => ({ type: 'ack', ids: fields.ids() }),
  heartbeat: (fields) => ({ type: 'heartbeat', seq: fields.uint(), sentMs: fields.number() }),
  'records-ack': (fields) => ({ type: 'records-ack', id: fields.id(), offset: fields.uint() }),
};

export const fromClient: Direction<FromClient> = {
  handshake: helloSchema,
  byCode: byCode<FromClient>(clientLayouts, clientMessages, clientReaders, { result: resultMap }),
};

export const fromServer: Direction<FromServer> = {
  handshake: z.discriminatedUnion('type', [welcomeSchema, refusedSchema]),
  byCode: byCode<FromServer>(serverLayouts, serverMessages, serverReaders, {}),
};

/** Builds a table by message code, so that finding a reader is one lookup. */
function byCode<M>(
  layouts: Readonly<Record<string, Layout>>,
  schemas: Readonly<Record<string, z.ZodObject>>,
  readers: Readonly<Record<string, (fields: FrameReader) => M>>,
  special: Readonly<Record<string, (rest: z.ZodType<object>, fields: FrameReader, message: object) => void>>,
): (ReadMessage<M> | undefined)[] {
  const table: (ReadMessage<M> | undefined)[] = [];
  const rules: Readonly<Record<string, FieldRules | undefined>> = fieldRules;
  for (const [type, { code, required }] of Object.entries(layouts)) {
    const { shape } = schemas[type] as z.ZodObject;
    const rest = z.object(
      Object.fromEntries(Object.entries(shape).filter(([name]) => name !== 'type' && !required.includes(name))),
    );
    const readRest = special[type] ?? restOf;
    const hasRest = Object.keys(rest.shape).length > 0;
    const optional = hasRest ? (fields: FrameReader, message: object) => readRest(rest, fields, message) : undefined;
    const read = readers[type] as (fields: FrameReader) => M;
    table[code] = { type, required, read, optional, rules: rules[type] };
  }
  return table;
}

function restOf(rest: z.ZodType<object>, fields: FrameReader, message: object): void {
  Object.assign(message, checked(rest, fields));
}

/** The most common map only has `result`, with a number or a boolean. */
function resultMap(rest: z.ZodType<object>, fields: FrameReader, message: { result?: unknown }): void {
  const result = fields.onlyResult();
  if (result === undefined) restOf(rest, fields, message);
  else message.result = result;
}

function checked<T>(schema: z.ZodType<T>, fields: FrameReader): T {
  const value = fields.plain();
  const parsed = schema.safeParse(value);
  if (parsed.success) return isBytesForMap(value, parsed.data) ? fields.bad('expected a map or a list') : parsed.data;
  const issue = parsed.error.issues[0];
  return fields.bad([issue?.path.join('.'), issue?.message].filter(Boolean).join(': '));
}

/** zod accepts bytes as an object whose optional fields are all missing. This detects them, here and one level deeper. */
function isBytesForMap(value: unknown, parsed: unknown): boolean {
  if (ArrayBuffer.isView(value)) return true;
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return false;
  const before = value as Readonly<Record<string, unknown>>;
  return Object.entries(parsed).some(([name, after]) => ArrayBuffer.isView(before[name]) && !ArrayBuffer.isView(after));
}

function mapOf(fields: FrameReader): Record<string, unknown> {
  const value = fields.plain();
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    return fields.bad('expected a map');
  }
  return value as Record<string, unknown>;
}

function numberIn(fields: FrameReader, min: number, max = Number.POSITIVE_INFINITY): number {
  const value = fields.number();
  return value >= min && value <= max ? value : fields.bad(`${value} is out of bounds`);
}

function offsetOf(fields: FrameReader): number {
  const offset = fields.uint();
  return offset <= maxOffset ? offset : fields.bad('expected a number up to 2^52');
}

function signalOf(fields: FrameReader): JobSignal {
  const parsed = jobSignalSchema.safeParse(fields.text(16));
  return parsed.success ? parsed.data : fields.bad('expected the name of a signal');
}

/** Words indexed by their number. */
function wordsOf<Word extends string>(numbers: Readonly<Record<Word, number>>): readonly (Word | undefined)[] {
  const words: (Word | undefined)[] = [];
  for (const [word, number] of Object.entries<number>(numbers)) words[number] = word as Word;
  return words;
}
