import { Packr } from 'msgpackr';
import type { z } from 'zod';
import {
  clientLayouts,
  fromClientSchema,
  fromServerSchema,
  type Layout,
  limits,
  SignalboxError,
  serverLayouts,
  wordNumbers,
} from '../../schemas/index.ts';
import { Scanner, scan } from '../../src/wire/scan.ts';

/** The reference for the codec, without optimisation: decodes the frame, then each message, then applies the schema. */
export interface GenericDirection {
  readonly schema: typeof fromClientSchema | typeof fromServerSchema;
  readonly layouts: Readonly<Record<string, Layout>>;
}

export const genericFromClient: GenericDirection = { schema: fromClientSchema, layouts: clientLayouts };
export const genericFromServer: GenericDirection = { schema: fromServerSchema, layouts: serverLayouts };

const packr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });
const unknown = { type: 'unknown' };
const handshakeTypes = ['hello', 'welcome', 'refused'];

/** @throws SignalboxError `bad_message` */
export function decodeGenerically(frame: Buffer, { schema, layouts }: GenericDirection): unknown[] {
  if (frame.length > limits.maxMessageBytes) return bad('too long');
  scan(frame);
  const messages: unknown = packr.unpack(frame);
  if (!Array.isArray(messages) || messages.length > limits.maxBatchMessages) return bad('not a batch');
  const sizes = sizesIn(frame, messages.length);
  return messages.map((message, at) => {
    if (!Array.isArray(message) && (sizes[at] ?? 0) > limits.maxHandshakeBytes) return bad('a map that is too long');
    const object = Array.isArray(message) ? fromArray(message, layouts) : fromMap(message, schema);
    return object === unknown ? unknown : parsed(schema, object);
  });
}

/** The bytes of each message. */
function sizesIn(frame: Buffer, messages: number): number[] {
  const scanner = new Scanner(frame);
  const head = frame[0];
  scanner.position = head === 0xdd ? 5 : head === 0xdc ? 3 : 1;
  return Array.from({ length: messages }, () => {
    const start = scanner.position;
    scanner.value(1);
    return scanner.position - start;
  });
}

/** A handshake type is recognised by its map, every other type by its code alone. */
function fromMap(message: unknown, schema: GenericDirection['schema']): object {
  if (typeof message !== 'object' || message === null || ArrayBuffer.isView(message)) return bad('not a message');
  const { type } = message as { type?: unknown };
  if (typeof type !== 'string') return bad('without a type');
  const isKnown = handshakeTypes.includes(type) && schema.options.some(({ shape }) => shape.type.value === type);
  return isKnown ? message : unknown;
}

function fromArray([code, ...fields]: unknown[], layouts: GenericDirection['layouts']): object {
  if (typeof code !== 'number' || !Number.isSafeInteger(code) || code < 0) return bad('without a code');
  const [type, layout] = Object.entries(layouts).find(([, layout]) => layout.code === code) ?? [];
  if (!type || !layout) return unknown;
  const { required } = layout;
  if (fields.length < required.length) return bad('fields are missing');
  const rest = hasOptional(type, required) && fields.length > required.length ? fields[required.length] : {};
  if (typeof rest !== 'object' || rest === null || Array.isArray(rest) || ArrayBuffer.isView(rest))
    return bad('no map');
  if (['offsets', 'taken'].some((name) => ArrayBuffer.isView((rest as Record<string, unknown>)[name])))
    return bad('bytes');
  const named = required.map((name, at) => {
    const field = fields[at];
    // For zod, bytes are an object in which each optional field is missing.
    if (name !== 'data' && ArrayBuffer.isView(field)) return bad('bytes');
    return [name, word(type, name, field)];
  });
  return { ...rest, ...Object.fromEntries(named), type };
}

function hasOptional(type: string, required: readonly string[]): boolean {
  const options = [...fromClientSchema.options, ...fromServerSchema.options];
  const { shape } = options.find((option) => option.shape.type.value === type) ?? bad('no such type');
  return Object.keys(shape).length > required.length + 1;
}

function word(type: string, field: string, value: unknown): unknown {
  const name = type === 'job' && field === 'state' ? 'jobState' : field;
  const numbers = new Map(Object.entries<Record<string, number>>(wordNumbers)).get(name);
  if (!numbers) return value;
  return Object.entries(numbers).find(([, number]) => number === value)?.[0];
}

function parsed(schema: z.ZodType, object: object): unknown {
  const result = schema.safeParse(object);
  return result.success ? result.data : bad(String(result.error));
}

function bad(what: string): never {
  throw new SignalboxError('bad_message', what);
}
