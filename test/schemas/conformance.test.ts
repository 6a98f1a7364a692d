import { describe, expect, test } from 'vitest';
import { SignalboxError } from '../../schemas/index.ts';
import { createServer } from '../../src/index.ts';
import { decodeFrame } from '../../src/wire/decode-frame.ts';
import { dial } from '../../src/wire/dial.ts';
import { encodeFrame, encodeMessage } from '../../src/wire/encode-frame.ts';
import { fromClient, fromServer } from '../../src/wire/message-readers.ts';
import { offeredProtocol, speaks } from '../../src/wire/offered-protocol.ts';
import { unpack } from '../../src/wire/plain.ts';
import { framesOf } from '../support/pulled.ts';
import { bytesOf, inMemory, type Vector, vectorFiles } from './conformance-vectors.ts';

/** The verdict of this implementation on a frame. */
function verdictOf(frame: Buffer, to: Vector['to']): Pick<Vector, 'verdict' | 'messages'> {
  const offer = to === 'server' ? offeredProtocol(frame) : undefined;
  if (offer && !speaks(offer)) return { verdict: 'unsupported_protocol' };
  try {
    const messages = to === 'server' ? decodeFrame(frame, fromClient) : decodeFrame(frame, fromServer);
    return { verdict: 'accept', messages: messages.filter(({ type }) => type !== 'unknown') };
  } catch (error) {
    if (error instanceof SignalboxError && error.code === 'bad_message') return { verdict: 'bad_message' };
    throw error;
  }
}

describe.each(vectorFiles)('the frames of %s', (_file, vectors) => {
  test.each(vectors.map((vector) => [`${vector.name}, to the ${vector.to}`, vector] as const))(
    'have the documented verdict: %s',
    (_name, { to, hex, verdict, messages }) => {
      expect(verdictOf(bytesOf(hex), to)).toStrictEqual({ verdict, ...(messages && { messages: inMemory(messages) }) });
    },
  );

  test('that are accepted decode to the same when this implementation encodes them again', () => {
    for (const { to, messages } of vectors.filter(({ verdict }) => verdict === 'accept')) {
      const decoded = verdictOf(
        encodeFrame((inMemory(messages) as Parameters<typeof encodeMessage>).map(encodeMessage)),
        to,
      );
      expect(decoded).toStrictEqual({ verdict: 'accept', messages: inMemory(messages) });
    }
  });
});

describe('a frame of an unsupported version', () => {
  const frames = vectorFiles.flatMap(([, vectors]) =>
    vectors.filter(({ verdict }) => verdict === 'unsupported_protocol'),
  );

  test('gets one refusal from a server, which version 1 can read, too, and nothing else', async () => {
    await using server = await createServer({ bind: 'tcp://127.0.0.1:*' });
    for (const { name, hex } of frames) {
      await using connection = await dial(server.endpoint, new AbortController().signal);
      await connection.send(bytesOf(hex));
      const { value: frame } = await framesOf(connection).next();
      const error = { code: 'unsupported_protocol', message: expect.any(String) };
      expect([name, frame && unpack(frame, 0, frame.length)]).toStrictEqual([name, [{ type: 'refused', error }]]);
    }
    expect(await server.clients()).toStrictEqual([]);
  });
});

describe('the vectors', () => {
  const all = vectorFiles.flatMap(([, vectors]) => vectors);

  test('cover both sides and each verdict many times', () => {
    expect(all.length).toBeGreaterThan(400);
    for (const to of ['client', 'server']) {
      for (const verdict of ['accept', 'bad_message']) {
        expect(all.filter((vector) => vector.to === to && vector.verdict === verdict).length).toBeGreaterThan(50);
      }
    }
    expect(all.filter(({ verdict }) => verdict === 'unsupported_protocol').length).toBeGreaterThan(15);
  });

  test('have unique names', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  test('have messages if they are accepted, and only then', () => {
    for (const { messages, verdict } of all) expect(Array.isArray(messages)).toBe(verdict === 'accept');
  });
});
