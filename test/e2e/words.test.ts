import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Program, runScript } from '../support/program.ts';

/**
 * Every word of the shell once, in one script: jobs 1 to 4 are start, calculate, and a ping of expect and one of
 * source.
 */
async function runWords(...flags: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
  using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  const file = join(folder, 'lines.box');
  writeFileSync(file, '# one command\nping\n');
  const before = ['use w1', 'use', 'start', 'calculate 0 "hello box"', 'wait', 'expect completed ping'];
  const after = [`source ${file}`, 'wait', 'logs 2', 'jobs', 'clients', 'help', 'help wait', 'sleep 1ms', 'exit'];
  return await runScript([...before, ...after, 'frobnicate'], ...flags);
}

describe('in text', () => {
  let program: Program;
  let exitCode: number | null;
  beforeAll(async () => {
    ({ program, exitCode } = await runWords());
  });
  const among = (pattern: RegExp) => program.out.filter((line) => pattern.test(line));

  test('exit ends the script: later lines are not read', () => {
    expect([exitCode, program.err]).toEqual([0, ['4 completed']]);
  });

  test('use sets the target of commands', () => {
    expect(program.out[0]).toBe('commands go to w1');
  });

  test('expect and source carry out their commands, and wait waits for them', () => {
    expect(among(/^w1: \d /).map((line) => line.split(' ').slice(0, 4).join(' '))).toEqual([
      'w1: 1 start completed:',
      'w1: 2 calculate completed',
      'w1: 3 ping completed',
      'w1: 4 ping completed',
    ]);
  });

  test('logs shows the output of a job again', () => {
    expect(among(/hello box$/)).toEqual(['w1 | hello box', 'w1 | hello box']);
  });

  test('jobs lists the data commands with their arguments', () => {
    const from = program.out.findIndex((line) => /^JOB +COMMAND +STATE +TIME( +DONE)?$/.test(line));
    expect(program.out.slice(from + 1, from + 4).map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['2/w1', 'calculate 0 "hello box"', 'completed'],
      ['3/w1', 'ping', 'completed'],
      ['4/w1', 'ping', 'completed'],
    ]);
  });

  test('clients lists name and state', () => {
    expect(among(/^NAME +STATE +HEARD /)).toHaveLength(1);
    expect(among(/^w1 +ready +\d+ ms ago /)).toHaveLength(1);
  });

  test('help lists every command and word, and explains one', () => {
    const named = [
      'start',
      'stop',
      'terminate',
      'ping',
      'calculate',
      'help',
      'clients',
      'use',
      'jobs',
      'logs',
      'cancel',
    ];
    for (const name of [...named, 'wait', 'sleep', 'expect', 'source', 'exit']) {
      expect(among(new RegExp(`^ {2}${name}\\b`)), name).toHaveLength(1);
    }
    expect(among(/^wait \[JOB…\] \[--until NOTE\] \[--clients N\] \[--timeout D\]$/)).toHaveLength(1);
    expect(among(/^ {2}example: wait --timeout 30s$/)).toHaveLength(1);
  });
});

describe('in JSON', () => {
  let program: Program;
  let exitCode: number | null;
  beforeAll(async () => {
    ({ program, exitCode } = await runWords('--output', 'json'));
  });
  const linesOf = (kind: string) => program.json.filter(({ type }) => type === kind);

  test('exit ends the script: later lines are not read', () => {
    expect([exitCode, linesOf('error')]).toEqual([0, []]);
    expect(program.json.at(-1)).toMatchObject({ type: 'summary', completed: 4, exitCode: 0 });
  });

  test('use sets the target of commands', () => {
    expect(linesOf('answer')[0]).toMatchObject({ targets: ['w1'] });
  });

  test('expect and source carry out their commands, and wait waits for them', () => {
    expect(linesOf('result').map(({ command, outcome }) => [command, outcome])).toEqual([
      ['start', 'completed'],
      ['calculate', 'completed'],
      ['ping', 'completed'],
      ['ping', 'completed'],
    ]);
  });

  test('logs shows the output of a job again, and marks it', () => {
    expect(linesOf('output').map(({ data, offset, replay }) => [data, offset, replay])).toEqual([
      ['hello box\n', 0, undefined],
      ['hello box\n', 0, true],
    ]);
  });

  test('jobs lists the data commands with their arguments', () => {
    expect(linesOf('job')).toMatchObject([
      { client: 'w1', command: 'calculate', args: { seconds: 0, message: 'hello box' }, outcome: 'completed' },
      { client: 'w1', command: 'ping', args: {}, state: 'settled' },
      { client: 'w1', command: 'ping' },
    ]);
  });

  test('clients lists name, state and process', () => {
    const listed = linesOf('client').filter(({ pid }) => pid !== undefined);
    expect(listed).toMatchObject([
      { client: 'w1', state: 'ready', runningJobs: 0, commands: ['calculate', 'ping', 'run'] },
    ]);
  });

  test('help lists every command and word, and explains one', () => {
    const [all, one] = linesOf('answer').slice(1);
    expect(all?.commands).toHaveLength(23);
    expect(one).toMatchObject({ name: 'wait', example: 'wait --timeout 30s' });
  });
});

test('every duration may be a plain number of seconds, days, or years', async () => {
  const options = ['--timeout', '400d', '--lost-after', '400d', '--connect-timeout', '3600', '--output', 'json'];
  const lines = [
    'start',
    'calculate 0.1s x --expires 60 --timeout 20d --wait 400d',
    'wait --timeout 400d',
    'sleep 0',
    'sleep 1ms',
  ];
  const { exitCode, program } = await runScript(lines, ...options);
  expect(exitCode).toBe(0);
  expect(program.about('result', 'calculate')).toMatchObject([{ outcome: 'completed' }]);
});
