import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement } from '../../src/index.ts';
import { openPair } from '../support/library.ts';

describe('a handler', () => {
  const misbehave = defineCommand({
    name: 'misbehave',
    summary: 'Go wrong.',
    args: z.strictObject({ how: z.string() }),
    result: z.any(),
    example: 'misbehave loudly',
  });
  const strict = { ...misbehave, result: z.strictObject({ fine: z.literal(true) }) };
  const ways: Record<string, () => unknown> = {
    'returns a value that its contract does not allow': () => ({ fine: false }),
    'returns nothing': () => undefined,
    'returns more than 256 KiB': () => 'x'.repeat(262_145),
    'returns more than 1 MiB': () => 'x'.repeat(1_048_577),
    'returns 30 MB': () => 'x'.repeat(30_000_000),
    'returns a circular value': () => {
      const ring: { self?: unknown } = {};
      ring.self = ring;
      return ring;
    },
    'returns a date': () => new Date(),
    'returns NaN': () => Number.NaN,
    'returns an infinity somewhere': () => ({ list: [Number.POSITIVE_INFINITY] }),
    'returns half a character': () => '\u{1f600}'.slice(0, 1),
    'returns lists in 14 levels': () => JSON.parse(`${'['.repeat(14)}${']'.repeat(14)}`),
    'returns 20,000 values': () => Array.from({ length: 20_000 }, (_, index) => index),
    'throws an error': () => {
      throw new TypeError('went wrong');
    },
    'throws text': () => {
      throw 'went wrong';
    },
    'rejects later': async () => {
      await Promise.resolve();
      throw new Error('went wrong');
    },
  };
  // A contract on each side: the client's is invalid on purpose.
  const broken = implement(misbehave, ({ how }) => ways[how]?.());
  const command = { contract: strict, prepare: broken.prepare };
  const open = () => openPair({ server: { commands: [strict] }, client: { commands: [command] } });

  test.each([
    [
      'returns a value that its contract does not allow',
      'bad_result',
      'the result of misbehave does not match its contract',
    ],
    ['returns nothing', 'bad_result', 'the result of misbehave does not match its contract'],
    ['throws an error', 'command_failed', 'went wrong'],
    ['throws text', 'command_failed', 'went wrong'],
    ['rejects later', 'command_failed', 'went wrong'],
  ])('that %s has failed with %s, and its stack stays where it is', async (how, code, message) => {
    await using pair = await open();
    const [outcome] = await (await pair.server.submit('w1', strict, { how })).outcomes;
    expect(outcome).toMatchObject({ outcome: 'failed' });
    expect(outcome?.outcome !== 'completed' && outcome?.error).toStrictEqual({ code, message });
    expect(JSON.stringify(pair.server.told.all)).not.toContain('define-command');
  });

  test.each([
    ['returns more than 256 KiB', /^the result exceeds 262144 bytes/],
    ['returns more than 1 MiB', /^the result exceeds 262144 bytes/],
    ['returns 30 MB', /^the result exceeds 262144 bytes/],
    ['returns a circular value', /^the result cannot be sent: /],
    ['returns a date', /^the result cannot be sent: /],
    ['returns NaN', /^the result cannot be sent: NaN is not a finite number$/],
    ['returns an infinity somewhere', /^the result cannot be sent: /],
    ['returns half a character', /^the result cannot be sent: /],
    ['returns lists in 14 levels', /^the result cannot be sent: /],
    ['returns 20,000 values', /^the result cannot be sent: /],
  ])('that %s has failed with bad_result', async (how, message) => {
    await using pair = await openPair({ server: { commands: [misbehave] }, client: { commands: [broken] } });
    const [outcome] = await (await pair.server.submit('w1', misbehave, { how })).outcomes;
    const error = { code: 'bad_result', message: expect.stringMatching(message) };
    expect(outcome).toMatchObject({ outcome: 'failed', error });
  });

  test('whose client has a laxer contract fails at the server', async () => {
    await using pair = await openPair({ server: { commands: [strict] }, client: { commands: [broken] } });
    const how = 'returns a value that its contract does not allow';
    const [outcome] = await (await pair.server.submit('w1', strict, { how })).outcomes;
    const error = { code: 'bad_result', message: 'the result does not match the contract of misbehave' };
    expect(outcome).toMatchObject({ outcome: 'failed', error });
  });
});
