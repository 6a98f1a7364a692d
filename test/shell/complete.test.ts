import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type CommandContract, calculate, defineCommand, ping, run, start, stop, terminate } from '../../src/index.ts';
import { builtins } from '../../src/shell/builtins.ts';
import { JobNames } from '../../src/shell/job-names.ts';
import { type CompletionContext, complete } from '../../src/shell/prompt/complete.ts';
import type { KnownJob } from '../../src/shell/prompt/known-jobs.ts';

const paint = defineCommand({
  name: 'paint',
  summary: 'Paint something.',
  args: z.strictObject({
    what: z.string(),
    color: z.enum(['red', 'green', 'grey']),
    coats: z.int().optional(),
    gloss: z.boolean().default(false),
  }),
  result: z.null(),
  example: 'paint door red',
});

const job = (id: string, client: string, command: string): KnownJob => ({
  ...{ id, number: Number(id.split('.')[1]), client, command },
  state: 'accepted',
  outcome: undefined,
});

const contracts: CommandContract[] = [start, stop, terminate, ping, calculate, run, paint];
const context: CompletionContext = {
  commands: new Map(contracts.map((contract) => [contract.name, contract])),
  builtins: new Map(builtins.map((builtin) => [builtin.name, builtin])),
  clients: () =>
    ['w1', 'w2', 'db-1'].map((name) => ({
      ...{ name, state: 'ready', runningJobs: 0 },
      ...(name !== 'w2' && {
        labels: { env: name === 'w1' ? 'prod' : 'dev' },
        facts: { os: 'linux', cpu: 'two words' },
      }),
    })),
  groups: new Map([['web', 'w*,!w9']]),
  jobs: () => [
    job('boot.2', 'w1', 'paint'),
    job('boot.3', 'w1', 'paint'),
    job('boot.3', 'w2', 'paint'),
    job('past.9', 'w1', 'paint'),
  ],
};
const candidates = (line: string) => complete(line, context).candidates.map(({ text }) => text);

describe('the first word', () => {
  test('is a command or a builtin', () => {
    expect(candidates('')).toEqual([...contracts, ...builtins].map(({ name }) => name).sort());
    expect(candidates('s')).toEqual(['schedule', 'signal', 'sleep', 'source', 'start', 'stop']);
    expect(candidates('st')).toEqual(['start', 'stop']);
  });

  test.each([
    ['after spaces', '   pa'],
    ['after a target', '@w1 pa'],
    ['after a semicolon', 'ping; pa'],
    ['after a semicolon without a space', 'ping;pa'],
    ['after a semicolon and a target', 'ping; @w* pa'],
  ])('%s', (_, line) => {
    expect([candidates(line), complete(line, context).typed]).toEqual([['paint'], 'pa']);
  });

  test('that has no match has no candidates', () => {
    expect(candidates('x')).toEqual([]);
    expect(candidates('Pa')).toEqual([]);
  });

  test('that is complete has itself as candidate, so that a space follows', () => {
    expect(candidates('ping')).toEqual(['ping']);
  });
});

describe('a target', () => {
  test('is all, online, the name of a client, a group or a label', () => {
    expect(candidates('@')).toEqual(['@all', '@db-1', '@env=', '@online', '@os=', '@w1', '@w2', '@web']);
    expect(complete('@e', context).candidates).toEqual([{ text: '@env=', about: 'prod, dev' }]);
    expect(complete('@we', context).candidates).toEqual([{ text: '@web', about: 'w*,!w9' }]);
    expect(candidates('@w')).toEqual(['@w1', '@w2', '@web']);
  });

  test('of an option is the name of a client', () => {
    expect(candidates('clients --')).toEqual(['--forget', '--sort']);
    expect(candidates('clients --forget ')).toEqual(['db-1', 'w1', 'w2']);
    expect(candidates('clients --forget w')).toEqual(['w1', 'w2']);
  });

  test('after a comma keeps the names before it', () => {
    expect([candidates('@w1,d'), complete('@w1,d', context).typed]).toEqual([['@w1,db-1'], '@w1,d']);
  });

  test('continues after a plus and an exclamation mark, and after = with the values of the label', () => {
    expect(candidates('@w[1-2]+e')).toEqual(['@w[1-2]+env=']);
    expect(candidates('@all,!w')).toEqual(['@all,!w1', '@all,!w2', '@all,!web']);
    expect(complete('@w1,!env=', context).candidates).toEqual([
      { text: '@w1,!env=dev', about: 'db-1' },
      { text: '@w1,!env=prod', about: 'w1' },
    ]);
    expect(complete('use os=', context).candidates).toEqual([{ text: 'os=linux', about: '2 clients' }]);
    expect([candidates('@w[1'), candidates('@cpu='), candidates('@none=')]).toEqual([[], [], []]);
  });

  test('continues after a comma and a space', () => {
    expect(candidates('@w1, d')).toEqual(['db-1']);
    expect(candidates('ping; @w1, w2, !d')).toEqual(['!db-1']);
    expect(candidates('@w1, db-1 pa')).toEqual(['paint']);
  });

  test('of another statement is not mixed in', () => {
    expect(candidates('@w1 ping; @d')).toEqual(['@db-1']);
  });

  test('can be inside expect', () => {
    expect(candidates('expect rejected @d')).toEqual(['@db-1']);
  });
});

describe('the words after a command', () => {
  test('options are those of the contract, and for a data command also the time options', () => {
    const all = [
      '--as',
      '--batch',
      '--coats',
      '--color',
      '--dry-run',
      '--expires',
      '--gather',
      '--gloss',
      '--max-failures',
      '--pick',
      '--timeout',
      '--wait',
      '--what',
    ];
    expect(candidates('paint --')).toEqual(all);
    expect(candidates('calculate --me')).toEqual(['--message']);
    expect(candidates('start --')).toEqual(['--as', '--dry-run', '--wait']);
    expect(candidates('terminate --')).toEqual(['--as', '--dry-run', '--wait', '--yes']);
  });

  test.each([
    [
      'calculate 1 x --',
      ['--as', '--batch', '--dry-run', '--expires', '--gather', '--max-failures', '--pick', '--timeout', '--wait'],
    ],
    [
      'calculate 1 "two words" --',
      ['--as', '--batch', '--dry-run', '--expires', '--gather', '--max-failures', '--pick', '--timeout', '--wait'],
    ],
    [
      'calculate -1 --',
      [
        '--as',
        '--batch',
        '--dry-run',
        '--expires',
        '--gather',
        '--max-failures',
        '--message',
        '--pick',
        '--timeout',
        '--wait',
      ],
    ],
    [
      'calculate 1 x --timeout 3s --',
      ['--as', '--batch', '--dry-run', '--expires', '--gather', '--max-failures', '--pick', '--wait'],
    ],
    [
      'calculate 1 x --timeout=3s --',
      ['--as', '--batch', '--dry-run', '--expires', '--gather', '--max-failures', '--pick', '--wait'],
    ],
    ['calculate 1 x --timeout --', []],
    [
      'calculate --seconds 1 --as a --',
      ['--batch', '--dry-run', '--expires', '--gather', '--max-failures', '--message', '--pick', '--timeout', '--wait'],
    ],
    [
      '@w1 paint door -',
      [
        '--as',
        '--batch',
        '--coats',
        '--color',
        '--dry-run',
        '--expires',
        '--gather',
        '--gloss',
        '--max-failures',
        '--pick',
        '--timeout',
        '--wait',
      ],
    ],
    [
      'paint door --no-gloss --',
      [
        '--as',
        '--batch',
        '--coats',
        '--color',
        '--dry-run',
        '--expires',
        '--gather',
        '--max-failures',
        '--pick',
        '--timeout',
        '--wait',
      ],
    ],
    [
      'ping; paint door red --coats 2 --',
      [
        '--as',
        '--batch',
        '--dry-run',
        '--expires',
        '--gather',
        '--gloss',
        '--max-failures',
        '--pick',
        '--timeout',
        '--wait',
      ],
    ],
    [
      'expect completed calculate 1 x --',
      ['--as', '--batch', '--dry-run', '--expires', '--gather', '--max-failures', '--pick', '--timeout', '--wait'],
    ],
    ['run --c', ['--cpus', '--cwd']],
    ['run --env A="x y" --env B=1 --e', ['--env', '--expires']],
    ['run --cwd "/a b" --c', ['--cpus']],
    ['run ls --', []],
    ['run --timeout 1m ls -', []],
    ['calculate -- --', []],
  ])('%s is followed by the options that are still possible', (line, options) => {
    expect(candidates(line)).toEqual(options);
  });

  test('the place of an enum offers its values', () => {
    expect(candidates('paint door ')).toEqual(['green', 'grey', 'red']);
    expect(candidates('paint door gr')).toEqual(['green', 'grey']);
    expect(candidates('@w1 paint door re')).toEqual(['red']);
  });

  test('the place of free text offers nothing', () => {
    expect(candidates('paint ')).toEqual([]);
    expect(candidates('paint door red ')).toEqual([]);
    expect(candidates('calculate ')).toEqual([]);
  });

  test('help is followed by what it can explain', () => {
    expect(candidates('help ca')).toEqual(['calculate', 'cancel']);
  });

  test('an unknown command is followed by nothing', () => {
    expect(candidates('frobnicate ')).toEqual([]);
    expect(candidates('constructor ')).toEqual([]);
    expect(candidates('__proto__ --')).toEqual([]);
  });

  test('the option of an enum offers its values, at any place', () => {
    expect(candidates('paint --color ')).toEqual(['green', 'grey', 'red']);
    expect(candidates('paint door --color gr')).toEqual(['green', 'grey']);
  });

  test('an option with its value does not shift the places of the others', () => {
    expect(candidates('paint --coats 2 door ')).toEqual(['green', 'grey', 'red']);
  });
});

describe('the words after a builtin', () => {
  test.each(['cancel ', 'wait ', 'logs ', 'logs -f '])(
    '%sis followed by a line of jobs, or by one job of it',
    (line) => {
      expect(candidates(line)).toEqual(['2', '3', '3/w1', '3/w2', '9']);
      expect(complete('cancel 3', context).candidates).toEqual([
        { text: '3', about: 'paint on 2 clients' },
        { text: '3/w1', about: 'paint on w1: accepted' },
        { text: '3/w2', about: 'paint on w2: accepted' },
      ]);
    },
  );

  test('use is followed by a target', () => {
    expect(candidates('use w')).toEqual(['w1', 'w2', 'web']);
    expect(candidates('use w1,d')).toEqual(['w1,db-1']);
  });

  test('expect is followed by an outcome, and then by a command and its words', () => {
    expect(candidates('expect c')).toEqual(['cancelled', 'completed']);
    expect(candidates('expect completed pa')).toEqual(['paint']);
    expect(candidates('expect completed paint door gr')).toEqual(['green', 'grey']);
  });

  test.each([
    ['jobs --client d', ['db-1']],
    ['jobs --command pa', ['paint']],
    ['jobs --command j', []],
    ['jobs --outcome f', ['failed']],
    ['jobs --outcome failed,l', ['failed,lost']],
    ['jobs --since ', []],
    ['job 3/', ['3/w1', '3/w2']],
    ['rerun 9', ['9']],
  ])('%s is completed', (line, expected) => {
    expect(candidates(line)).toEqual(expected);
  });

  test('source is followed by a file, and a folder by its files', () => {
    expect(candidates('source examp')).toEqual(['examples/']);
    expect(candidates('source examples/to')).toEqual(['examples/tour.box']);
    expect(candidates('source nowhere/')).toEqual([]);
  });

  test.each([
    ['wait --', ['--clients', '--timeout', '--until']],
    ['wait 3 --clients 2 --', ['--timeout', '--until']],
    ['wait --timeout --', []],
    ['wait --timeout ', []],
    ['logs -', ['-f']],
    ['logs -f -', []],
    ['job --', []],
    ['jobs --s', ['--since']],
    ['jobs --client w1 --l', ['--limit']],
    ['rerun 3 --', ['--failed']],
  ])('%s is followed by its remaining options', (line, options) => {
    expect(candidates(line)).toEqual(options);
  });

  test('signal is followed by a job and then by a signal', () => {
    expect(candidates('signal 9')).toEqual(['9']);
    expect(candidates('signal 3 H')).toEqual(['HUP']);
  });

  test('names of jobs are listed with their numbers', () => {
    const jobNames = new JobNames({ isNumberedHere: false });
    jobNames.sent(3, 'walls');
    jobNames.sent(2, 'door');
    const named = (line: string) => complete(line, { ...context, jobNames }).candidates;
    expect(named('cancel w')).toEqual([{ text: 'walls', about: 'paint on 2 clients' }]);
    expect(named('wait l')).toEqual([{ text: 'last', about: 'paint on w1: accepted' }]);
  });

  test('sleep is followed by nothing', () => {
    expect(candidates('sleep ')).toEqual([]);
  });
});
