import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isRunning } from '../support/is-running.ts';
import { type JsonLine, Program, runScript } from '../support/program.ts';

const json = ['--output', 'json'];
const pidsIn = (lines: JsonLine[]) => lines.flatMap(({ pid }) => (typeof pid === 'number' ? [pid] : []));

test('the tour of five commands ends with 0, reports every step as JSON, and leaves no process', async () => {
  const script = ['clients', 'start', 'ping', 'calculate 0.5 "hello box"', 'wait', 'stop', 'terminate'];
  const { exitCode, program } = await runScript(script, ...json);
  expect(exitCode).toBe(0);
  expect(program.json.every(({ type, ts }) => typeof type === 'string' && Number.isInteger(ts))).toBe(true);
  const [pong] = program.about('result', 'ping');
  expect(pong).toMatchObject({ outcome: 'completed', roundTripMs: expect.any(Number), lagMs: expect.any(Number) });
  const [started] = program.about('result', 'start');
  const secondOf = (line: typeof pong) => Math.floor(Number(line?.ts) / 1000);
  expect(pong?.result).toBeGreaterThanOrEqual(secondOf(started));
  expect(pong?.result).toBeLessThanOrEqual(secondOf(pong));
  expect(program.about('output', 'calculate')).toMatchObject([{ stream: 'stdout', data: 'hello box\n' }]);
  expect(program.about('result', 'calculate')).toMatchObject([{ outcome: 'completed' }]);
  expect(program.json.at(-1)).toMatchObject({ type: 'summary', completed: 5, exitCode: 0 });
  const pids = pidsIn(program.json);
  expect(pids).toHaveLength(1);
  expect(pids.filter(isRunning)).toEqual([]);
});

test('nothing blocks: a ping is answered before two jobs that started earlier, and those run concurrently', async () => {
  const jobs = ['calculate 600 a', 'calculate 600 b'];
  const script = ['start', ...jobs, 'expect completed ping', 'cancel 2', 'cancel 3', 'wait'];
  const { exitCode, program } = await runScript(script, ...json);
  expect(exitCode).toBe(0);
  const order = program.json
    .filter(({ type }) => type === 'accepted' || type === 'result')
    .map(({ type, command }) => `${type} ${command}`);
  expect(order.filter((step) => !step.endsWith('start'))).toEqual([
    'accepted calculate',
    'accepted calculate',
    'accepted ping',
    'result ping',
    'result calculate',
    'result calculate',
  ]);
});

test('several -c are lines of one script: all are carried out, in order', async () => {
  await using server = new Program(
    'server',
    '--spawn',
    '1',
    ...json,
    '-c',
    'start',
    '-c',
    'ping; ping',
    '-c',
    '@w1 nope',
  );
  expect(await server.exitCode()).toBe(2);
  expect(server.json.flatMap(({ type, command }) => (type === 'result' ? [command] : []))).toEqual([
    'start',
    'ping',
    'ping',
  ]);
  expect(server.json.filter(({ type }) => type === 'error')).toMatchObject([{ source: '-c', line: 3 }]);
});

test('exit N ends a script with that code, once its jobs have ended', async () => {
  const { exitCode, program } = await runScript(['start', 'calculate 0.3 x', 'exit 42', 'ping'], ...json);
  expect(exitCode).toBe(42);
  expect(program.json.at(-1)).toMatchObject({ type: 'summary', completed: 2, unfinished: 0, exitCode: 42 });
});

describe('states', () => {
  test('ping before start is rejected with not_ready, and the exit code is 4', async () => {
    const { exitCode, program } = await runScript(['ping'], ...json);
    expect(exitCode).toBe(4);
    expect(program.about('rejected', 'ping')).toMatchObject([{ error: { code: 'not_ready' } }]);
  });

  test('start twice and stop twice succeed and say so', async () => {
    const { exitCode, program } = await runScript(['start', 'start', 'stop', 'stop'], ...json);
    expect(exitCode).toBe(0);
    const results = program.json.filter(({ type }) => type === 'result').map(({ result }) => result);
    expect(results).toEqual([
      { state: 'ready', changed: true },
      { state: 'ready', changed: false },
      { state: 'unready', changed: true },
      { state: 'unready', changed: false },
    ]);
  });

  test('stop lets a running job finish and refuses the next', async () => {
    const script = ['start', 'calculate 1 x', 'stop', 'expect rejected calculate 1 y', 'wait'];
    const { exitCode, program } = await runScript(script, ...json);
    expect(exitCode).toBe(0);
    expect(program.about('result', 'calculate')).toMatchObject([{ outcome: 'completed' }]);
    expect(program.about('rejected', 'calculate')).toMatchObject([{ error: { code: 'not_ready' } }]);
  });

  test('cancel ends one job and does not fail the script', async () => {
    const { exitCode, program } = await runScript(
      ['start', 'calculate 600 x', 'calculate 0.1 y', 'cancel 2', 'wait'],
      ...json,
    );
    expect(exitCode).toBe(0);
    const outcomes = program
      .about('result', 'calculate')
      .map(({ id, outcome }) => `${String(id).split('.')[1]} ${outcome}`);
    expect(outcomes.sort()).toEqual(['2 cancelled', '3 completed']);
  });
});

describe('text', () => {
  test('a line from a client starts with its name, and what a spawned client prints itself is not shown', async () => {
    const { program } = await runScript(['start', 'calculate 0 "hello box"', 'wait']);
    expect(program.out.filter((line) => line.includes('hello box'))).toEqual(['w1 | hello box']);
  });

  test('with --echo each line is printed, in order, before its effects', async () => {
    const { program } = await runScript(['start', '', 'expect completed ping # here?', 'nonsense'], '--echo');
    expect(program.out.filter((line) => line.startsWith('> '))).toEqual([
      '> start',
      '> expect completed ping # here?',
      '> nonsense',
    ]);
    // Not the time: a line is sent when the previous one was accepted, whose outcome may come later.
    const rest = program.out.filter((line) => !line.startsWith('> '));
    expect(rest).toEqual(['w1: 1 start completed: now ready', expect.stringMatching(/^w1: 2 ping completed/)]);
    const placeOf = (text: string) => program.out.findIndex((line) => line.includes(text));
    expect(placeOf('> start')).toBeLessThan(placeOf('start completed'));
    expect(placeOf('> expect')).toBeLessThan(placeOf('ping completed'));
  });

  test('control characters of a client do not reach the terminal', async () => {
    const { program } = await runScript(['start', `calculate 0 "a${'\u202e'}b"`, 'wait']);
    expect(program.out.join('\n')).toContain('w1 | a\\u202eb');
  });
});

test('a slow reader gets every line', async () => {
  await using server = new Program('server', '--spawn', '1', '--output', 'json');
  server.child.stdout?.pause();
  server.end(['start', ...Array.from({ length: 2_000 }, () => 'ping'), 'wait'].join('\n'));
  await setTimeout(3_000);
  server.child.stdout?.resume();
  expect(await server.exitCode()).toBe(0);
  expect(server.about('result', 'ping')).toHaveLength(2_000);
  expect(server.json.at(-1)).toMatchObject({ type: 'summary', completed: 2_001 });
});
