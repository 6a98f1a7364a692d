import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  type calculate,
  defineCommand,
  implement,
  type JobOutcome,
  type ping,
  type ResultOf,
} from '../../src/index.ts';
import { refusal } from '../wire/refusal.ts';
import { openPair } from './support.ts';

const count = defineCommand({
  name: 'count',
  summary: 'Count words, one by one.',
  args: z.strictObject({ words: z.array(z.string()).min(1), loud: z.boolean().optional() }),
  result: z.strictObject({ words: z.int(), longest: z.string().nullable() }),
  example: 'count one',
});

const countCommand = implement(count, ({ words, loud }, job) => {
  expectTypeOf(words).toEqualTypeOf<string[]>();
  expectTypeOf(loud).toEqualTypeOf<boolean | undefined>();
  for (const [index, word] of words.entries()) {
    job.output('stdout', `${loud ? word.toUpperCase() : word}\n`);
    job.output('stderr', Uint8Array.of(index));
    job.progress((index + 1) / words.length, word);
  }
  return { words: words.length, longest: words.toSorted((a, b) => b.length - a.length)[0] ?? null };
});

const openCounter = () => openPair({ server: { commands: [count] }, client: { commands: [countCommand] } });

describe('a command that a program defines', () => {
  test('runs with its arguments, and its output, progress and result come back', async () => {
    await using pair = await openCounter();
    const { server } = pair;
    const group = server.send('w1', count, { words: ['a', 'longer', 'bb'], loud: true });
    const [outcome] = await group.outcomes;
    expect(outcome).toMatchObject({ outcome: 'completed', result: { words: 3, longest: 'longer' } });
    expect(server.output(group.id, 'w1', 'stdout')?.data.toString()).toBe('A\nLONGER\nBB\n');
    expect(server.output(group.id, 'w1', 'stderr')).toStrictEqual({ from: 0, data: Buffer.from([0, 1, 2]) });
    expect(server.told.of('progress').at(-1)).toMatchObject({ fraction: 1, note: 'bb' });
    expect(server.clients()[0]?.commands).toContain('count');
  });

  test('is typed by its contract, from arguments to outcome', async () => {
    await using pair = await openCounter();
    const { server } = pair;
    // @ts-expect-error: words are text
    expect(() => server.send('w1', count, { words: [1] })).toThrow(refusal('bad_arguments'));
    // @ts-expect-error: there is no such argument
    expect(() => server.send('w1', count, { words: ['a'], more: 1 })).toThrow(refusal('bad_arguments'));
    const group = server.send('w1', count, { words: ['a'] });
    const [outcome] = await group.outcomes;
    expectTypeOf(outcome).toEqualTypeOf<JobOutcome<{ words: number; longest: string | null }> | undefined>();
    if (outcome?.outcome !== 'completed') throw new Error('it did not complete');
    expectTypeOf(outcome.result.longest).toEqualTypeOf<string | null>();
    expect(outcome.result).toStrictEqual({ words: 1, longest: 'a' });
  });

  test('has the types that its contract says, as the built-in ones do', () => {
    expectTypeOf<ResultOf<typeof count>>().toEqualTypeOf<{ words: number; longest: string | null }>();
    expectTypeOf<ResultOf<typeof ping>>().toEqualTypeOf<number>();
    expectTypeOf<ResultOf<typeof calculate>>().toEqualTypeOf<{ seconds: number }>();
    // @ts-expect-error: a handler returns what the contract says
    const wrong = implement(count, () => ({ words: 'three', longest: null }));
    expect(wrong.contract).toBe(count);
    expectTypeOf(count.name).toEqualTypeOf<'count'>();
    expect([count.kind, count.name]).toStrictEqual(['data', 'count']);
  });

  test.each([
    ['Count', 'Count'],
    ['1st', '1st'],
    ['count', 'counting 1'],
    ['count', 'do count'],
  ])('named %s with the example %s is refused', (name, example) => {
    const { summary, args, result } = count;
    expect(() => defineCommand({ name, example, summary, args, result })).toThrow(refusal('bad_usage'));
  });
});

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
    'returns what its contract does not allow': () => ({ fine: false }),
    'returns nothing': () => undefined,
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
  // A contract on each side: the client's is broken on purpose.
  const broken = implement(misbehave, ({ how }) => ways[how]?.());
  const command = { contract: strict, prepare: broken.prepare };
  const open = () => openPair({ server: { commands: [strict] }, client: { commands: [command] } });

  test.each([
    ['returns what its contract does not allow', 'bad_result', 'misbehave returned what its contract does not allow'],
    ['returns nothing', 'bad_result', 'misbehave returned what its contract does not allow'],
    ['throws an error', 'command_failed', 'went wrong'],
    ['throws text', 'command_failed', 'went wrong'],
    ['rejects later', 'command_failed', 'went wrong'],
  ])('that %s has failed with %s, and its stack stays where it is', async (how, code, message) => {
    await using pair = await open();
    const [outcome] = await pair.server.send('w1', strict, { how }).outcomes;
    expect(outcome).toMatchObject({ outcome: 'failed' });
    expect(outcome?.outcome !== 'completed' && outcome?.error).toStrictEqual({ code, message });
    expect(JSON.stringify(pair.server.told.all)).not.toContain('define-command');
  });

  test('whose client has a laxer contract has failed at the server', async () => {
    await using pair = await openPair({ server: { commands: [strict] }, client: { commands: [broken] } });
    const how = 'returns what its contract does not allow';
    const [outcome] = await pair.server.send('w1', strict, { how }).outcomes;
    const error = { code: 'bad_result', message: 'the result does not fit the contract of misbehave' };
    expect(outcome).toMatchObject({ outcome: 'failed', error });
  });
});
