import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineCommand, limits } from '../../schemas/index.ts';
import { Dispatcher } from '../../src/client/dispatch.ts';
import { Jobs } from '../../src/client/jobs.ts';
import { createClientActor } from '../../src/client/machine.ts';
import { implement, type JobContext } from '../../src/plugin/implement.ts';
import { Recorder } from './recorder.ts';

const contract = defineCommand({
  name: 'double',
  summary: 'Twice as much.',
  args: z.strictObject({ value: z.number() }),
  result: z.number(),
  example: 'double 2',
});

function open() {
  const session = new Recorder();
  const machine = createClientActor();
  const jobs = new Jobs({
    client: 'w1',
    stateOf: async () => '',
    onFault: () => {},
    print: () => {},
    onChange: () => {},
  });
  jobs.begin('aaaaaaaa');
  const handler = vi.fn(({ value }: { value: number }, _job: JobContext): unknown => 2 * value);
  // The result of a handler is checked at run time, so here it may return anything.
  const commands = new Map([['double', implement({ ...contract, result: z.any() }, handler)]]);
  const checked = { contract, prepare: commands.get('double')?.prepare ?? (() => () => undefined) };
  const onState = vi.fn();
  const terminations: (() => void)[] = [];
  const dispatcher = new Dispatcher({
    forbidden: new Set(['forbidden']),
    commands: new Map([['double', checked]]),
    machine,
    jobs,
    onState,
    onTerminate: (settle) => void terminations.push(settle),
  });
  let counter = 0;
  const command = (
    name: string,
    options: { args?: Record<string, unknown>; expiresInMs?: number; ageMs?: number } = {},
  ) => {
    counter += 1;
    const { args = {}, expiresInMs, ageMs = 0 } = options;
    const id = `aaaaaaaa.${counter}`;
    dispatcher.command({ type: 'command', id, name, args, sentMs: 0, expiresInMs }, ageMs, session.send);
    return id;
  };
  const state = () => machine.getSnapshot().value;
  return { session, jobs, handler, onState, terminations, dispatcher, command, state };
}

describe('control commands', () => {
  test('start and stop are accepted, change the state once, and return whether they did', () => {
    const { session, onState, command, state } = open();
    for (const name of ['stop', 'start', 'start', 'stop']) command(name);
    expect(session.of('result').map(({ result }) => result)).toStrictEqual([
      { state: 'unready', changed: false },
      { state: 'ready', changed: true },
      { state: 'ready', changed: false },
      { state: 'unready', changed: true },
    ]);
    expect(session.types()).toStrictEqual([
      'accepted',
      'result',
      'accepted',
      'result',
      'accepted',
      'result',
      'accepted',
      'result',
    ]);
    expect(onState).toHaveBeenCalledTimes(2);
    expect(state()).toBe('unready');
  });

  test('terminate is accepted at once and settled when its work is done, and so is a second one', () => {
    const { session, onState, terminations, command, state } = open();
    const ids = [command('terminate'), command('terminate')];
    expect(session.types()).toStrictEqual(['accepted', 'accepted']);
    expect([state(), terminations.length, onState.mock.calls.length]).toStrictEqual(['terminating', 2, 1]);
    for (const settle of terminations) settle();
    expect(session.of('result')).toMatchObject([
      { id: ids[0], result: { state: 'terminating', changed: true } },
      { id: ids[1], result: { state: 'terminating', changed: false } },
    ]);
  });

  test.each(['start', 'stop', 'double'])('%s is rejected while the client terminates', (name) => {
    const { session, command } = open();
    command('terminate');
    const id = command(name, { args: { value: 1 } });
    expect(session.of('rejected')).toMatchObject([{ id, error: { code: 'terminating' } }]);
  });
});

describe('while no server acknowledges, 10,000 outcomes are kept, and then', () => {
  function full() {
    const scene = open();
    for (let left = limits.maxHeldResults; left > 0; left -= 1) scene.command('stop');
    expect(scene.jobs.unacked).toBe(limits.maxHeldResults);
    return scene;
  }

  test.each<[string, Parameters<ReturnType<typeof open>['command']>]>([
    ['a control command', ['stop']],
    ['one that has expired', ['stop', { expiresInMs: 1, ageMs: 2 }]],
    ['a data command', ['double', { args: { value: 1 } }]],
  ])('%s is busy, however often it comes', (_what, [name, options]) => {
    const { session, jobs, command } = full();
    for (let left = 1_000; left > 0; left -= 1) command(name, options);
    expect(new Set(session.of('rejected').map(({ error }) => error.code))).toStrictEqual(new Set(['busy']));
    expect([...jobs.all()].length).toBe(limits.maxHeldResults + limits.maxUnacceptedCommands);
  });

  test('a command that was cancelled before it arrived is also busy', () => {
    const { session, jobs, command } = full();
    jobs.cancel(`aaaaaaaa.${limits.maxHeldResults + 1}`);
    command('stop');
    expect(session.of('rejected')).toMatchObject([{ error: { code: 'busy' } }]);
  });

  test('terminate is accepted, once', () => {
    const { session, terminations, command, state } = full();
    command('terminate');
    command('terminate');
    expect([state(), terminations.length]).toStrictEqual(['terminating', 1]);
    expect(session.of('rejected')).toMatchObject([{ error: { code: 'busy' } }]);
  });
});

describe('data commands', () => {
  test('a data command is rejected if the client is unready, and its handler is not called', () => {
    const { session, handler, command } = open();
    const id = command('double', { args: { value: 1 } });
    expect(session.messages).toMatchObject([{ type: 'rejected', id, error: { code: 'not_ready' } }]);
    expect(handler).not.toHaveBeenCalled();
  });

  test('a data command runs if the client is ready', async () => {
    const { session, command } = open();
    command('start');
    const id = command('double', { args: { value: 21 } });
    expect(await session.sent('result', 2)).toMatchObject({ id, outcome: 'completed', result: 42 });
  });

  test.each(['toString', '__proto__', 'constructor', 'tripple'])('%s is not a command of this client', (name) => {
    const { session, command } = open();
    command('start');
    command(name);
    expect(session.of('rejected')).toMatchObject([{ error: { code: 'unknown_command' } }]);
  });

  test.each([[{}], [{ value: '1' }], [{ value: 1, more: 2 }]])('%o are bad arguments, and nothing runs', (args) => {
    const { session, handler, command } = open();
    command('start');
    command('double', { args });
    expect(session.of('rejected')).toMatchObject([{ error: { code: 'bad_arguments' } }]);
    expect(handler).not.toHaveBeenCalled();
  });

  test('a result that does not fit the contract fails with bad_result', async () => {
    const { session, handler, command } = open();
    handler.mockReturnValue('no number');
    command('start');
    command('double', { args: { value: 1 } });
    const { outcome, error, result } = await session.sent('result', 2);
    expect([outcome, error?.code, result]).toStrictEqual(['failed', 'bad_result', undefined]);
  });
});

describe('a late command', () => {
  test('expires if it took longer than allowed to arrive, and does not run', () => {
    const { session, handler, command } = open();
    command('start');
    const id = command('double', { args: { value: 1 }, expiresInMs: 100, ageMs: 101 });
    const result = session.of('result').at(-1);
    expect(result).toMatchObject({ id, outcome: 'expired', durationMs: 0, error: { code: 'expired' } });
    expect(session.of('accepted').map((message) => message.id)).not.toContain(id);
    expect(handler).not.toHaveBeenCalled();
  });

  test('also expires if it is a control command', () => {
    const { session, command, state } = open();
    command('start', { expiresInMs: 0, ageMs: 1 });
    expect(session.of('result')).toMatchObject([{ outcome: 'expired' }]);
    expect(state()).toBe('unready');
  });

  test('that is exactly on time runs', async () => {
    const { session, command } = open();
    command('start');
    command('double', { args: { value: 1 }, expiresInMs: 100, ageMs: 100 });
    expect(await session.sent('result', 2)).toMatchObject({ outcome: 'completed' });
  });

  test('is cancelled if its cancel arrived first, and does not run', () => {
    const { session, jobs, handler, command } = open();
    command('start');
    jobs.cancel('aaaaaaaa.2');
    const id = command('double', { args: { value: 1 } });
    expect(session.of('result').at(-1)).toMatchObject({ id, outcome: 'cancelled', error: { code: 'cancelled' } });
    expect(session.of('accepted')).toHaveLength(1);
    expect(handler).not.toHaveBeenCalled();
  });
});

test('a command over the limit of running jobs is rejected as busy', async () => {
  const { session, handler, command } = open();
  const gate = Promise.withResolvers<number>();
  handler.mockReturnValue(gate.promise);
  command('start');
  for (let index = 0; index <= limits.maxJobs; index += 1) command('double', { args: { value: index } });
  expect(session.of('rejected')).toMatchObject([{ id: `aaaaaaaa.${limits.maxJobs + 2}`, error: { code: 'busy' } }]);
  gate.resolve(1);
  await session.sent('result', 1 + limits.maxJobs);
  expect(handler).toHaveBeenCalledTimes(limits.maxJobs);
});
