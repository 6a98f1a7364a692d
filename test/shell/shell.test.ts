import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createClient, defineCommand, implement } from '../../src/index.ts';
import { openScene, type Scene } from '../support/in-process-shell.ts';

/** The clients that line `n` reached, by its jobs. */
const reached = async ({ server }: Scene, n: number): Promise<string[]> =>
  (await server.list())
    .filter(({ id }) => id.endsWith(`.${n}`))
    .flatMap(({ client }) => client ?? [])
    .sort();

describe('a line', () => {
  test('is checked completely before any part of it is sent', async () => {
    await using scene = await openScene({ keepGoing: true });
    await scene.run('start; calculate -1 x', 'ping; frobnicate', 'ping; jobs now', 'ping; calculate 1 "x');
    expect(await scene.server.list()).toEqual([]);
    const codes = scene.said('error').map(({ code, line }) => [line, code]);
    expect(codes).toEqual([
      [1, 'bad_arguments'],
      [2, 'unknown_command'],
      [3, 'bad_usage'],
      [4, 'bad_usage'],
    ]);
    expect(scene.shell.tally.exitCode).toBe(2);
  });

  test('with a target that matches nothing sends nothing, not even the commands before it', async () => {
    await using scene = await openScene();
    await scene.run('ping; @nobody ping');
    expect(scene.said('error')).toMatchObject([{ code: 'no_such_target' }]);
    expect(await scene.server.list()).toEqual([]);
    expect(scene.shell.tally.exitCode).toBe(3);
  });

  test('with one of several targets that matches nothing sends nothing', async () => {
    await using scene = await openScene();
    await scene.run('@w1,nobody ping');
    expect(await scene.server.list()).toEqual([]);
  });

  test('is carried out from left to right', async () => {
    await using scene = await openScene({ ready: false });
    await scene.run('start; ping; stop; wait');
    expect(scene.said('result').map(({ command }) => command)).toEqual(['start', 'ping', 'stop']);
  });

  test('that is empty or a comment does nothing', async () => {
    await using scene = await openScene();
    await scene.run('', '   ', '# ping', '\t# ping');
    expect([await scene.server.list(), scene.said('error')]).toEqual([[], []]);
  });
});

const end = defineCommand({
  name: 'end',
  summary: 'End the client.',
  args: z.strictObject({}),
  result: z.null(),
  example: 'end',
  endsClient: true,
});
const endCommand = implement(end, () => null);

describe('targets', () => {
  const clients = ['w1', 'w2', 'db-1'];

  test.each([
    ['ping', ['db-1', 'w1', 'w2']],
    ['@all ping', ['db-1', 'w1', 'w2']],
    ['@w1,db-1 ping', ['db-1', 'w1']],
    ['@w* ping', ['w1', 'w2']],
    ['@w?,w1 ping', ['w1', 'w2']],
    ['@*-[12] ping', ['db-1']],
  ])('%s reaches %j', async (line, names) => {
    await using scene = await openScene({ clients });
    await scene.run(line);
    expect(await reached(scene, 1)).toEqual(names);
  });

  test('use sets the target of commands without one; an explicit target takes precedence', async () => {
    await using scene = await openScene({ clients });
    await scene.run('use w2', 'ping', '@db-1 ping', 'use @w1,w2', 'ping', 'use all', 'ping', 'use');
    const all = await Promise.all([1, 2, 3, 4].map((n) => reached(scene, n)));
    expect(all).toEqual([['w2'], ['db-1'], ['w1', 'w2'], ['db-1', 'w1', 'w2']]);
    expect(scene.said('answer')).toMatchObject([{ targets: ['all'] }]);
  });

  test.each(['use nosuch', 'use w1,nosuch', 'use x*'])('%s is refused, and what was set stays', async (line) => {
    await using scene = await openScene({ clients, keepGoing: true });
    await scene.run('use w2', line, 'ping');
    expect(scene.said('error')).toMatchObject([{ code: 'no_such_target', line: 2 }]);
    expect([await reached(scene, 1), scene.shell.tally.exitCode]).toEqual([['w2'], 3]);
  });

  test('use all is accepted while no client is connected', async () => {
    await using scene = await openScene({ clients: [] });
    await scene.run('use all');
    expect(scene.said('error')).toEqual([]);
  });
});

describe('the first failure of a script', () => {
  test('ends it', async () => {
    await using scene = await openScene({ ready: false });
    await scene.run('ping', 'start', 'help');
    expect(scene.said('rejected')).toMatchObject([{ error: { code: 'not_ready' } }]);
    expect(await scene.server.list()).toHaveLength(1);
    expect([scene.shell.halt.aborted, scene.shell.tally.exitCode]).toEqual([true, 4]);
  });

  test('ends it also if it arrives later, from a running job', async () => {
    await using scene = await openScene();
    await scene.run('calculate 60 x --timeout 50ms', 'sleep 1h', 'ping');
    await scene.shell.tally.settled();
    expect(await scene.server.list()).toHaveLength(1);
    expect(scene.shell.tally.exitCode).toBe(5);
  });

  test('does not end it with keepGoing, and the worst one counts', async () => {
    await using scene = await openScene({ ready: false, keepGoing: true });
    await scene.run('ping', '@nobody ping', 'frobnicate', 'start', 'ping', 'wait');
    expect(scene.shell.tally.counts).toMatchObject({ completed: 2, rejected: 1 });
    expect([scene.shell.halt.aborted, scene.shell.tally.exitCode]).toEqual([false, 4]);
  });

  test('does not exist at the prompt: the next line is carried out', async () => {
    await using scene = await openScene({ ready: false, atPrompt: true });
    await scene.run('ping', 'frobnicate', 'start');
    await scene.shell.tally.settled();
    expect(scene.shell.tally.counts).toMatchObject({ completed: 1, rejected: 1 });
  });
});

describe('a job that is cancelled', () => {
  test('by the script is not a failure', async () => {
    await using scene = await openScene();
    await scene.run('calculate 600 x', 'calculate 600 y', 'cancel 1/w1', 'cancel 2', 'wait');
    expect(scene.shell.tally.counts.cancelled).toBe(2);
    expect(scene.shell.tally.exitCode).toBe(0);
  });

  test('by another session is a failure', async () => {
    await using scene = await openScene();
    await scene.run('calculate 600 x');
    await scene.server.cancel(await scene.server.list());
    await scene.shell.tally.settled();
    expect(scene.shell.tally.exitCode).toBe(4);
  });
});

describe('terminate', () => {
  test.each([
    [true, 0],
    [false, 2],
  ])('asks before it ends several clients: %s', async (answer, left) => {
    const asked: string[] = [];
    const confirm = async (question: string) => asked.push(question) > 0 && answer;
    await using scene = await openScene({ clients: ['w1', 'w2'], atPrompt: true, confirm });
    await scene.run('terminate', 'wait');
    expect(asked).toEqual(['Terminate 2 clients?']);
    expect(scene.shell.tally.counts.completed).toBe(2 - left);
  });

  test.each([
    ['terminate', 'Terminate w1?'],
    ['@w1 terminate', 'Terminate w1?'],
    ['@w* terminate', 'Terminate w1?'],
    ['expect completed terminate', 'Terminate w1?'],
    ['@w1 expect completed end', 'End w1?'],
    ['start; end', 'End w1?'],
  ])('%s asks, like every command that ends clients', async (line, question) => {
    const asked: string[] = [];
    const confirm = async (one: string) => asked.push(one) === 0;
    await using scene = await openScene({ atPrompt: true, confirm, commands: [endCommand] });
    await scene.run(line, 'wait');
    expect(asked).toEqual([question]);
    expect((await scene.server.list()).filter(({ command }) => command !== 'start')).toEqual([]);
  });

  test('ends the clients of the question, also if others join meanwhile', async () => {
    const confirm = async () => {
      await using _late = await createClient({ connect: scene.server.endpoint, name: 'late' });
      await scene.server.waitForClients(2);
      await scene.run('@w1 terminate --yes');
      return true;
    };
    await using scene = await openScene({ atPrompt: true, confirm });
    await scene.run('terminate');
    expect(new Set((await scene.server.list()).map(({ client }) => client))).toEqual(new Set(['w1']));
  });

  test('ends its line if the answer is no', async () => {
    await using scene = await openScene({ atPrompt: true, confirm: async () => false });
    await scene.run('terminate; ping');
    expect(await scene.server.list()).toEqual([]);
  });

  test.each(['terminate --yes', 'expect completed terminate --yes'])('%s asks no question', async (line) => {
    const confirm = () => Promise.reject(new Error('asked'));
    await using scene = await openScene({ atPrompt: true, confirm });
    await scene.run(line, 'wait');
    expect(scene.said('result')).toMatchObject([{ client: 'w1', command: 'terminate', outcome: 'completed' }]);
  });
});

test('the shell waits for clients once, before the first command, and not before lines that need none', async () => {
  let waited = 0;
  const clientsReady = async () => {
    waited += 1;
  };
  await using scene = await openScene({ clientsReady });
  await scene.run('help', 'use all', 'sleep 1ms');
  expect(waited).toBe(0);
  await scene.run('ping', 'ping', 'clients');
  expect(waited).toBe(1);
});
