import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import {
  bootIdSchema,
  clientNameSchema,
  errorCodes,
  fromClientSchema,
  fromServerSchema,
  jobIdSchema,
  limits,
  SignalboxError,
  wireErrorSchema,
} from '../../schemas/index.ts';
import { messagesOfClient, messagesOfServer } from '../wire/message-arbitraries.ts';

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;
const id = 'k3v9q0ta2m7x.7';
const of = (length: number) => 'a'.repeat(length);

describe.each<[string, z.ZodType, z.ZodType, Record<string, fc.Arbitrary<object>>]>([
  ['a client', fromClientSchema, fromServerSchema, messagesOfClient],
  ['a server', fromServerSchema, fromClientSchema, messagesOfServer],
])('of %s', (_side, schema, other, arbitraries) => {
  test.each(Object.entries(arbitraries))(
    '%s has its fields, ignores others, and has one direction',
    (_type, arbitrary) => {
      fc.assert(
        fc.property(arbitrary, (message) => {
          expect(accepts(schema, message)).toBe(true);
          expect(schema.parse({ ...message, extra: 1 })).toStrictEqual(schema.parse(message));
          expect(accepts(other, message)).toBe(false);
        }),
        { numRuns: 20 },
      );
    },
  );
});

describe('inside a message', () => {
  const error = { code: 'busy', message: 'full' };
  const result = { type: 'result', id, outcome: 'completed', durationMs: 1 };
  const output = { type: 'output', id, stream: 'stdout', offset: 0, data: Buffer.from('x') };
  const progress = { type: 'progress', id, fraction: 0.5 };
  const job = { type: 'job', id, command: 'ping', state: 'running', offsets: {} };
  const command = { type: 'command', id, name: 'ping', args: {}, sentMs: 1 };
  const ack = { type: 'ack', ids: Array<string>(1_024).fill(id) };
  const schemas = [fromClientSchema, fromServerSchema];
  const known = (message: object) => schemas.some((schema) => accepts(schema, message));

  const traced = { ...command, traceparent: `00-${of(32)}-${of(16)}-01` };

  test.each([result, output, progress, job, command, traced, ack, { type: 'rejected', id, error }])(
    '$type is accepted in this form',
    (message) => {
      expect(known(message)).toBe(true);
    },
  );

  test.each<[string, object]>([
    ['an error of an unknown code', { type: 'rejected', id, error: { ...error, code: 'oops' } }],
    ['an error that is too long', { type: 'refused', error: { ...error, message: of(limits.maxTextBytes + 1) } }],
    ['an id without a counter', { ...result, id: 'k3v9q0ta2m7x' }],
    ['an outcome that never travels', { ...result, outcome: 'lost' }],
    ['an outcome that is a separate message', { ...result, outcome: 'rejected' }],
    ['a negative duration', { ...result, durationMs: -1 }],
    ['a duration that is no number', { ...result, durationMs: Number.NaN }],
    ['a negative offset', { ...output, offset: -1 }],
    ['half an offset', { ...output, offset: 0.5 }],
    ['an offset over 2^53', { ...output, offset: 2 ** 53 }],
    ['an unknown stream', { ...output, stream: 'stdin' }],
    ['text in place of data', { ...output, data: 'x' }],
    ['a list in place of data', { ...output, data: [1] }],
    ['data without a byte', { ...output, data: Buffer.alloc(0) }],
    ['data over its limit', { ...output, data: Buffer.alloc(limits.maxOutputChunkBytes + 1) }],
    ['a counter of 0', { ...result, id: 0 }],
    ['a counter over 15 digits', { ...result, id: 1e15 }],
    ['a fraction over 1', { ...progress, fraction: 1.01 }],
    ['a fraction below 0', { ...progress, fraction: -0.01 }],
    ['a note that is too long', { ...progress, note: of(limits.maxTextBytes + 1) }],
    ['a note of too many bytes', { ...progress, note: '€'.repeat(limits.maxTextBytes / 2) }],
    ['arguments that are a list', { ...command, args: [] }],
    ['a command in upper case', { ...command, name: 'PING' }],
    ['a traceparent of another version', { ...command, traceparent: `01-${of(32)}-${of(16)}-01` }],
    ['a traceparent of no trace', { ...command, traceparent: `00-${'0'.repeat(32)}-${of(16)}-01` }],
    ['a traceparent of no span', { ...command, traceparent: `00-${of(32)}-${'0'.repeat(16)}-01` }],
    ['a traceparent in upper case', { ...command, traceparent: `00-${of(32)}-${of(16).toUpperCase()}-01` }],
    ['a traceparent with more to it', { ...command, traceparent: `00-${of(32)}-${of(16)}-01-x` }],
    ['a traceparent with a line end', { ...command, traceparent: `00-${of(32)}-${of(16)}-01\n` }],
    ['a deadline of no time', { ...command, timeoutMs: 0 }],
    ['a deadline that a timer cannot hold', { ...command, timeoutMs: 2 ** 31 }],
    ['too many ids', { ...ack, ids: [...ack.ids, id] }],
  ])('%s is refused', (_what, message) => {
    expect(known(message)).toBe(false);
  });
});

describe('names and ids', () => {
  test.each(['a', '0', 'w1', 'web-1.example_x', 'all-of-them', 'al', of(63)])('%j is a valid name', (name) => {
    expect(accepts(clientNameSchema, name)).toBe(true);
  });

  test.each([
    '',
    'all',
    'UPPER',
    'Web',
    '-a',
    '.a',
    '_a',
    'a b',
    'a,b',
    '@a',
    'a*',
    'a/b',
    'é',
    'a\n',
    of(64),
    1,
    null,
  ])('%j is no name', (name) => {
    expect(accepts(clientNameSchema, name)).toBe(false);
  });

  test.each(['k3v9q0ta', 'k3v9q0ta2m7x', of(32)])('%j is a valid boot id', (bootId) => {
    expect(accepts(bootIdSchema, bootId)).toBe(true);
  });

  test.each(['', of(7), of(33), 'K3V9Q0TA', 'k3v9-q0ta', 'k3v9q0ta\n', 'k3v9q0ta.1'])(
    '%j is not a valid boot id',
    (bootId) => {
      expect(accepts(bootIdSchema, bootId)).toBe(false);
    },
  );

  test.each(['k3v9q0ta.1', 'k3v9q0ta2m7x.7', `${of(32)}.999999999999999`])('%j is a valid job id', (jobId) => {
    expect(accepts(jobIdSchema, jobId)).toBe(true);
  });

  test.each([
    '7',
    '.7',
    'k3v9q0ta.',
    'k3v9q0ta.0',
    'k3v9q0ta.07',
    'k3v9q0ta.-1',
    'k3v9q0ta.1.1',
    `${of(12)}.1${'0'.repeat(15)}`,
  ])('%j is no id of a job', (jobId) => {
    expect(accepts(jobIdSchema, jobId)).toBe(false);
  });
});

describe('an error in a message', () => {
  test('has a code and a message, and never a cause or a stack', () => {
    const error = new SignalboxError('busy', 'full', { cause: new Error('secret') });
    expect(error.toWire()).toStrictEqual({ code: 'busy', message: 'full' });
  });

  test('is truncated to the limits', () => {
    const wire = new SignalboxError('internal', of(limits.maxTextBytes + 1)).toWire();
    expect(wire.message).toBe(of(limits.maxTextBytes));
    expect(accepts(wireErrorSchema, wire)).toBe(true);
  });

  test('remains unchanged if it is a SignalboxError; any other gets the given code', () => {
    const ours = new SignalboxError('busy', 'full');
    expect(SignalboxError.from(ours, 'internal')).toBe(ours);
    const cause = new TypeError('x is not a function');
    expect(SignalboxError.from(cause, 'internal')).toMatchObject({ code: 'internal', message: cause.message, cause });
    expect(SignalboxError.from('text', 'closed')).toMatchObject({ code: 'closed', message: 'text' });
  });

  test.each(Object.entries(errorCodes))('%s documents whether a retry can help', (code, { retry, meaning }) => {
    expect(new SignalboxError(code as keyof typeof errorCodes, meaning).retry).toBe(retry);
  });
});
