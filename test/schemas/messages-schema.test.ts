import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { exchange } from '../../scripts/exchange.ts';
import { messagesFrom, type Side } from '../../scripts/layouts.ts';
import { messagesJsonSchema } from '../../scripts/messages-schema.ts';
import { decodeFrame } from '../../src/wire/decode-frame.ts';
import { encodeFrame, encodeMessage } from '../../src/wire/encode-frame.ts';
import { fromClient, fromServer } from '../../src/wire/message-readers.ts';
import { unpack } from '../../src/wire/plain.ts';
import { messagesOfClient, messagesOfServer } from '../wire/message-arbitraries.ts';
import { bytesOf, vectorFiles } from './conformance-vectors.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

const file = readFileSync(new URL('../../schemas/messages.schema.json', import.meta.url), 'utf8');
const { anyOf: _, ...document }: JsonSchema = JSON.parse(file);

/** The part of the file for a message, as a validator. */
const partOf = (name: string) => z.fromJSONSchema({ ...document, $ref: `#/$defs/${name}` });
const parts = {
  client: new Map(messagesFrom('client').map(({ type }) => [type, partOf(type)])),
  server: new Map(messagesFrom('server').map(({ type }) => [type, partOf(type)])),
};

/** A frame in its JSON form. */
function jsonOf(frame: Buffer): unknown[] {
  const bytes = (_key: string, value: unknown) =>
    isJsonBuffer(value) ? { $bytes: Buffer.from(value.data).toString('hex') } : value;
  const value = unpack(frame, 0, frame.length);
  return JSON.parse(JSON.stringify(value, bytes));
}

/** The result of `JSON.stringify` for a `Buffer`. */
const isJsonBuffer = (value: unknown): value is { data: number[] } =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;

const typesIn = (frame: Buffer, from: Side) =>
  (from === 'client' ? decodeFrame(frame, fromClient) : decodeFrame(frame, fromServer)).map(({ type }) => type);

/** The messages of a frame that do not match their part of the file. */
function misfits(frame: Buffer, from: Side): unknown[] {
  const elements = jsonOf(frame);
  return typesIn(frame, from).flatMap((type, index) => {
    const part = parts[from].get(type);
    return part && !part.safeParse(elements[index]).success ? [elements[index]] : [];
  });
}

test('the JSON Schema of the messages is current; if not, run npm run generate', () => {
  expect(`${JSON.stringify(messagesJsonSchema(), null, 2)}\n`).toBe(file);
});

describe('the file matches', () => {
  test.each(exchange.map((frame, index) => [index + 1, frame] as const))(
    'each message of frame %i of the document',
    (_index, { from, messages }) => {
      expect(misfits(encodeFrame(messages.map(encodeMessage)), from)).toStrictEqual([]);
    },
  );

  test.each(vectorFiles)('each message of the accepted frames of %s', (_file, vectors) => {
    const accepted = vectors.filter(({ verdict }) => verdict === 'accept');
    const frames = accepted.map(({ to, hex }) => misfits(bytesOf(hex), to === 'client' ? 'server' : 'client'));
    expect(frames).toStrictEqual(accepted.map(() => []));
  });
});

describe.each([
  ['client', Object.values(messagesOfClient)],
  ['server', Object.values(messagesOfServer)],
] as const)('whatever a %s can say', (from, arbitraries) => {
  test('the file matches it', () => {
    fc.assert(
      fc.property(fc.oneof(...arbitraries), (message) => {
        expect(misfits(encodeFrame([encodeMessage(message)]), from)).toStrictEqual([]);
      }),
    );
  });
});

describe('the file does not match', () => {
  const all = [...messagesFrom('client'), ...messagesFrom('server')].filter(({ code }) => code !== undefined);
  const shown = exchange.flatMap(({ from, messages }) =>
    messages.map((message) => ({
      type: message.type,
      from,
      element: jsonOf(encodeFrame([encodeMessage(message)]))[0],
    })),
  );

  test.each(shown.filter(({ element }) => Array.isArray(element)))(
    'a $type without its last required field',
    (message) => {
      const { type, from, element } = message;
      const required = all.find((one) => one.type === type)?.fields.filter((field) => field.required).length ?? 0;
      const part = parts[from].get(type);
      expect(part?.safeParse(element).success).toBe(true);
      expect(part?.safeParse((element as unknown[]).slice(0, required)).success).toBe(false);
    },
  );

  const misplaced = vectorFiles
    .flatMap(([name, vectors]) => (name === 'outcomes' ? vectors : []))
    // Bytes are a map in JSON.
    .filter(({ verdict, name }) => verdict === 'bad_message' && !name.endsWith('bytes'));

  test.each(misplaced)('$name', ({ hex }) => {
    const [element] = jsonOf(bytesOf(hex));
    expect([...parts.client].filter(([, part]) => part.safeParse(element).success)).toStrictEqual([]);
  });

  test.each(shown)('a $type of another type', ({ type, from, element }) => {
    const others = [...parts[from]].filter(([name]) => name !== type);
    expect(others.filter(([, part]) => part.safeParse(element).success)).toStrictEqual([]);
  });
});
