import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { isStanding } from '../../schemas/index.ts';
import {
  builtinImplementations,
  type calculate,
  createClient,
  createServer,
  defineCommand,
  implement,
  type JobOutcome,
  type ping,
  type ResultOf,
  run,
  type Stream,
} from '../../src/index.ts';
import { processSupport } from '../../src/process/index.ts';
import { openPair } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { refusal } from '../support/refusal.ts';

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

describe('a program that uses the library', () => {
  const greet = defineCommand({
    name: 'greet',
    summary: 'Greet.',
    args: z.strictObject({ name: z.string(), times: z.int().default(2) }),
    result: z.strictObject({ said: z.string() }),
    example: 'greet you',
  });
  const greetCommand = implement(greet, ({ name, times }) => {
    expectTypeOf(times).toEqualTypeOf<number>();
    return { said: `hello ${name}! `.repeat(times).trim() };
  });

  test('can omit arguments for which a contract has a default', async () => {
    await using pair = await openPair({ server: { commands: [greet] }, client: { commands: [greetCommand] } });
    const [ended] = await (await pair.server.submit('w1', greet, { name: 'you' })).outcomes;
    expect(ended).toMatchObject({ outcome: 'completed', result: { said: 'hello you! hello you!' } });
  });

  test('can submit run, with its types', async () => {
    const commands = (await builtinImplementations()).filter(({ contract }) => contract.name === 'run');
    const folder = newFolder();
    await using server = await createServer({ bind: `ipc://${folder}/s.sock`, commands: [run] });
    await using _client = await createClient({
      connect: server.endpoint,
      name: 'w1',
      commands,
      allow: ['run'],
      ready: true,
    });
    await server.waitForClients(1);
    const [ended] = await (await server.submit('w1', run, { argv: ['sh', '-c', 'exit 3'] })).outcomes;
    expectTypeOf(ended?.outcome === 'completed' ? ended.result.exitCode : null).toEqualTypeOf<number | null>();
    expect(ended).toMatchObject({ outcome: 'failed', result: { exitCode: 3 } });
  });

  test('gets the containment of each client; a client that runs no programs reports none', async () => {
    const commands = await builtinImplementations();
    const folder = newFolder();
    await using server = await createServer({ bind: `ipc://${folder}/s.sock`, commands: [run] });
    await using _runs = await createClient({ connect: server.endpoint, name: 'w1', commands, allow: ['run'] });
    await using _others = await createClient({ connect: server.endpoint, name: 'w2', commands });
    await server.waitForClients(2);
    const { containment } = await processSupport();
    expect((await server.clients()).map((client) => client.containment)).toEqual([containment.kind, undefined]);
  });

  test('gets no containment from a client that cannot determine it yet', async () => {
    const failing = implement(count, () => ({ words: 0, longest: null }), {
      containment: () => Promise.reject(new Error('too many open files')),
    });
    await using pair = await openPair({ server: { commands: [count] }, client: { commands: [failing] } });
    expect(pair.client.told.all.map(({ type }) => type)).not.toContain('disconnected');
    expect(await pair.server.clients()).toMatchObject([{ name: 'w1', containment: undefined }]);
  });
});

describe('two commands with the same name are refused', () => {
  const other = defineCommand({ ...count, summary: 'Another one.' });
  const start2 = defineCommand({ ...count, name: 'start', example: 'start' });

  test.each([
    ['two contracts', [count, other], 'count'],
    ['a name that every server has', [start2], 'start'],
  ])('by a server: %s', async (_, commands, name) => {
    const opening = createServer({ bind: 'tcp://127.0.0.1:*', commands });
    await expect(opening).rejects.toThrow(`two commands are called ${name}`);
  });

  test.each([
    ['two contracts', [countCommand, implement(other, () => ({ words: 0, longest: null }))], 'count'],
    ['a name that every client has', [implement(start2, () => ({ words: 0, longest: null }))], 'start'],
  ])('by a client: %s', async (_, commands, name) => {
    const options = { connect: 'tcp://127.0.0.1:1', name: 'w1', commands };
    await expect(createClient(options)).rejects.toThrow(`two commands are called ${name}`);
  });

  test('but the same contract twice is allowed: the later implementation runs', async () => {
    const later = implement(count, () => ({ words: 7, longest: null }));
    await using pair = await openPair({
      server: { commands: [count, count] },
      client: { commands: [countCommand, later] },
    });
    const [ended] = await (await pair.server.submit('w1', count, { words: ['a'] })).outcomes;
    expect(ended).toMatchObject({ outcome: 'completed', result: { words: 7 } });
  });
});

describe('a command defined by a program', () => {
  test('runs with its arguments, and returns its output, progress and result', async () => {
    await using pair = await openCounter();
    const { server } = pair;
    const group = await server.submit('w1', count, { words: ['a', 'longer', 'bb'], loud: true });
    const [outcome] = await group.outcomes;
    expect(outcome).toMatchObject({ outcome: 'completed', result: { words: 3, longest: 'longer' } });
    const runs = (await server.output({ id: group.id, client: 'w1' })) ?? [];
    const kept = (stream: Stream) => Buffer.concat(runs.filter((run) => run.stream === stream).map(({ data }) => data));
    expect(kept('stdout').toString()).toBe('A\nLONGER\nBB\n');
    expect(kept('stderr')).toStrictEqual(Buffer.from([0, 1, 2]));
    await server.told.first((event) => event.type === 'job.settled');
    expect(server.told.of('job.progress').at(-1)).toMatchObject({ fraction: 1, note: 'bb' });
    expect((await server.clients())[0]?.commands).toContain('count');
  });

  test('is typed by its contract, from arguments to outcome', async () => {
    await using pair = await openCounter();
    const { server } = pair;
    // @ts-expect-error: words are text
    await expect(server.submit('w1', count, { words: [1] })).rejects.toThrow(refusal('bad_arguments'));
    // @ts-expect-error: there is no such argument
    await expect(server.submit('w1', count, { words: ['a'], more: 1 })).rejects.toThrow(refusal('bad_arguments'));
    const group = await server.submit('w1', count, { words: ['a'] });
    const [outcome] = await group.outcomes;
    expectTypeOf(outcome).toEqualTypeOf<JobOutcome<{ words: number; longest: string | null }> | undefined>();
    if (outcome?.outcome !== 'completed') throw new Error('it did not complete');
    expectTypeOf(outcome.result.longest).toEqualTypeOf<string | null>();
    expect(outcome.result).toStrictEqual({ words: 1, longest: 'a' });
  });

  test('has the types of its contract, like the built-in commands', () => {
    expectTypeOf<ResultOf<typeof count>>().toEqualTypeOf<{ words: number; longest: string | null }>();
    expectTypeOf<ResultOf<typeof ping>>().toEqualTypeOf<number>();
    expectTypeOf<ResultOf<typeof calculate>>().toEqualTypeOf<{ seconds: number }>();
    // @ts-expect-error: the result does not match the contract
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

  test.each(['name', 'summary', 'example', 'args', 'result'])(
    'without %s is refused with an error that says so',
    (field) => {
      // As in plain JavaScript.
      const incomplete = { ...count, [field]: undefined };
      const sentence =
        field === 'name' ? /^the name of a command is .*/ : new RegExp(`^the command count has no ${field}: `);
      expect(() => defineCommand(incomplete)).toThrow(
        expect.objectContaining({ code: 'bad_usage', message: expect.stringMatching(sentence) }),
      );
    },
  );

  test.each([
    ['standing', false],
    ['standing', 'always'],
    ['recoverable', false],
    ['records', {}],
  ])('with %s: %o is refused with a sentence that names the command', (field, value) => {
    // As in plain JavaScript.
    const wrong = { ...count, [field]: value } as typeof count;
    expect(() => defineCommand(wrong)).toThrow(
      expect.objectContaining({
        code: 'bad_usage',
        message: expect.stringMatching(`^the command count has ${field} `),
      }),
    );
  });

  test('can decide by its arguments whether a job is standing, and which records it emits', () => {
    const watch = defineCommand({
      ...count,
      name: 'watch',
      example: 'watch one',
      standing: ({ words, loud }) => {
        expectTypeOf(words).toEqualTypeOf<string[]>();
        return loud === true;
      },
      recoverable: true,
      records: z.strictObject({ seen: z.int() }),
    });
    expect([isStanding(watch, { words: [], loud: true }), isStanding(watch, { words: [] })]).toEqual([true, false]);
    expect([isStanding(count, { words: [] }), isStanding({ ...count, standing: true }, {})]).toEqual([false, true]);
  });

  test('is refused with an error if it is passed in place of an implementation, or the other way round', async () => {
    const [contracts, implementations] = [[count], [countCommand]] as unknown as [
      [typeof countCommand],
      [typeof count],
    ];
    const server = createServer({ bind: 'tcp://127.0.0.1:*', commands: implementations });
    await expect(server).rejects.toThrow(/contracts, created with defineCommand/);
    const client = () => createClient({ connect: 'tcp://127.0.0.1:5555', name: 'w1', commands: contracts });
    await expect(client()).rejects.toThrow(/implementations, created with implement/);
  });
});
