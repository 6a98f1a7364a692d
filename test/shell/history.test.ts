import { expect, test } from 'vitest';
import { z } from 'zod';
import { calculateCommand } from '../../src/client/commands/calculate.ts';
import { defineCommand, type Interceptor, implement, SignalboxError } from '../../src/index.ts';
import { naturally } from '../../src/natural-order.ts';
import { openScene } from '../support/in-process-shell.ts';

const act = defineCommand({
  name: 'act',
  summary: 'Do what the test says.',
  args: z.strictObject({ what: z.string(), secret: z.string().optional().meta({ named: true }) }),
  result: z.strictObject({ did: z.string() }),
  example: 'act well',
  describe: ({ did }) => `did ${did}`,
  auditArgs: ({ secret: _, ...args }) => args,
});

/** Fails as many times as the test says, and records its requests. */
function createActing() {
  const asked: { what: string; secret?: string | undefined }[] = [];
  const state = { failures: 0 };
  const implementation = implement(act, (args, { output }) => {
    asked.push(args);
    output('stdout', `${args.what}\n`);
    if (state.failures === 0) return { did: args.what };
    state.failures -= 1;
    throw new Error('it went\nwrong');
  });
  return { asked, state, commands: [implementation] };
}

const jobsOf = (lines: readonly object[]) =>
  lines.map((line) => ['number', 'client'].map((field) => Reflect.get(line, field)).join('/'));

test.each<[line: string, jobs: string[]]>([
  ['jobs', ['1/w1', '1/w2', '2/w1', '3/w2']],
  ['jobs --limit 100', ['1/w1', '1/w2', '2/w1', '3/w2']],
  ['jobs --limit 3', ['1/w2', '2/w1', '3/w2']],
  ['jobs --client w2', ['1/w2', '3/w2']],
  ['jobs --client w2 --limit 1', ['3/w2']],
  ['jobs --command act', ['1/w1', '1/w2', '2/w1', '3/w2']],
  ['jobs --command stop', ['4/w2']],
  ['jobs --outcome failed', ['2/w1']],
  ['jobs --outcome failed,completed --client w1', ['1/w1', '2/w1']],
  ['jobs --since 1h', ['1/w1', '1/w2', '2/w1', '3/w2']],
  ['jobs --since 2100-01-01', []],
  ['jobs --actor owner', ['1/w1', '1/w2', '2/w1', '3/w2']],
  ['jobs --actor nobody', []],
])('%s lists what it selects, the newest last', async (line, expected) => {
  const { commands, state } = createActing();
  await using scene = await openScene({ clients: ['w1', 'w2'], commands, keepGoing: true });
  await scene.run('act a', 'wait');
  state.failures = 1;
  await scene.run('@w1 act b', 'wait', '@w2 act c', 'wait', '@w2 stop', 'wait', line);
  expect(jobsOf(scene.said('job'))).toEqual(expected);
  expect(scene.said('error')).toEqual([]);
});

test('a history that is longer than a page is read page by page', async () => {
  const { commands } = createActing();
  const limits: unknown[] = [];
  const counting: Interceptor = async (call, next) => {
    if (call.method !== 'history') return await next(call);
    const page = (await next(call)) as { jobs: readonly unknown[]; next: string | undefined };
    limits.push(page.jobs.length);
    return page;
  };
  await using scene = await openScene({ commands, interceptors: [counting] });
  const { server } = scene;
  const groups = await Promise.all(Array.from({ length: 1_200 }, () => server.submit('w1', act, { what: 'x' })));
  await Promise.all(groups.map(({ outcomes }) => outcomes));
  await scene.run('jobs --limit 1100');
  expect(limits).toEqual([1_000, 100]);
  const numbers = scene.said('job').map(({ number }) => number);
  expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([1_100, 101, 1_200]);
});

test('text says that there are older jobs', async () => {
  const { commands } = createActing();
  await using scene = await openScene({ commands, output: 'text' });
  await scene.run('act a', 'wait', 'act b', 'wait', 'jobs --limit 1', 'jobs --limit 2', 'jobs --client nobody');
  const lines = scene.out.lines.filter((line) => !line.startsWith('w1'));
  expect(lines[0]).toMatch(/^JOB +COMMAND +STATE +SUBMITTED +TIME +BY$/);
  expect(lines[1]).toMatch(/^2\/w1 +act b +completed +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+ ms +owner$/);
  expect(lines[2]).toBe('older jobs match too; --limit 10 shows more');
  expect(lines.slice(3).map((line) => line.slice(0, 7).trim())).toEqual(['JOB   C', '1/w1  a', '2/w1  a', 'no job']);
});

test.each([
  ['jobs --outcome fialed', "'fialed' is not an outcome; did you mean failed?"],
  ['jobs --outcome failed,', "'' is not an outcome; use completed, failed, cancelled, rejected, expired, lost"],
  ['jobs --since soon', "'soon' is not a duration such as 2h or 7d, a date such as 2026-03-01, or 2026-03-01T09:30"],
  ['jobs --limit 0', "--limit takes a whole number from 1 to 100000, not '0'"],
  ['jobs --limit 100001', "--limit takes a whole number from 1 to 100000, not '100001'"],
  ['jobs 7', "unexpected argument '7': jobs takes no arguments"],
  ['jobs --host w1', 'jobs has no option --host'],
  ['jobs --client', '--client needs a value'],
  ['job', 'a job is missing; jobs lists them'],
  ['job 1 2', "unexpected argument '2': job takes one argument"],
  ['rerun', 'a job is missing; jobs lists them'],
  ['rerun 1 --failled', 'rerun has no option --failled'],
])('%s is refused: %s', async (line, message) => {
  await using scene = await openScene();
  await scene.run(line);
  expect(scene.said('error')).toMatchObject([{ code: 'bad_usage', message }]);
});

test.each(['job 9', 'job 1/w9', 'rerun 9', 'rerun %9 --failed', 'logs 9'])('%s names no job', async (line) => {
  await using scene = await openScene({ atPrompt: true });
  await scene.run('calculate 0 x', 'wait', line);
  expect(scene.said('error')).toMatchObject([{ code: 'no_such_job' }]);
});

test('job shows everything about each job of a line, and the redacted arguments by name', async () => {
  const { commands, state } = createActing();
  await using scene = await openScene({ commands, output: 'text', keepGoing: true });
  state.failures = 1;
  await scene.run('act --secret s3cret --timeout 5s "do it"', 'wait', 'job 1');
  const [job] = await scene.server.list();
  const details = job && (await scene.server.get(job));
  const rows = scene.out.lines.slice(scene.out.lines.findIndex((line) => line.startsWith('job ')));
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
  expect(rows.map((row) => [row.slice(0, 11).trim(), row.slice(11)])).toEqual([
    ['job', '1/w1'],
    ['id', job?.id],
    ['command', 'act "do it"'],
    ['redacted', '--secret'],
    ['state', 'failed'],
    ['error', 'command_failed: it went wrong'],
    ['submitted', expect.stringMatching(/^\d{4}-.* by owner$/)],
    ['ended', time],
    ['took', expect.stringMatching(/ms$/)],
    ['timeout', '5.0 s'],
    ['sent to', `w1, boot id ${details?.bootId}`],
    ['stdout', '6 bytes'],
  ]);
  expect(scene.out.text).not.toContain('s3cret');
});

test('job is one object per job in JSON', async () => {
  const { commands } = createActing();
  await using scene = await openScene({ clients: ['w1', 'w2'], commands });
  await scene.run('act fine', 'wait', 'job 1', 'job 1/w2');
  const output = { stdout: { bytes: 5, keptBytes: 5 } };
  const one = (client: string) => ({
    ...{ number: 1, client, command: 'act', line: 'act fine', state: 'settled', outcome: 'completed', output },
    ...{ result: { did: 'fine' }, text: 'did fine', actor: 'owner' },
  });
  expect(scene.said('job')).toMatchObject([one('w1'), one('w2'), one('w2')]);
});

test('rerun sends the same command again to the same clients, as a command of this script', async () => {
  const { commands, asked } = createActing();
  await using scene = await openScene({ clients: ['w1', 'w2', 'w3'], commands });
  await scene.run('@w1,w3 act --timeout 9s same', 'wait', 'rerun 1', 'wait last', 'rerun 2/w3', 'wait');
  expect(asked.map(({ what }) => what)).toEqual(Array.from({ length: 5 }, () => 'same'));
  const jobs = await scene.server.list();
  expect(jobsOf(jobs).toSorted()).toEqual(['1/w1', '1/w3', '2/w1', '2/w3', '3/w3']);
  const details = await Promise.all(jobs.map((job) => scene.server.get(job)));
  expect(details.map(({ timeoutMs }) => timeoutMs)).toEqual(Array.from({ length: 5 }, () => 9_000));
  expect(scene.said('group').map(({ number }) => number)).toEqual([1, 2]);
});

test('rerun --failed leaves out the clients on which it completed or has not ended', async () => {
  const { commands, state } = createActing();
  await using scene = await openScene({ clients: ['w1', 'w2', 'w3'], commands, keepGoing: true });
  state.failures = 2;
  await scene.run('act again', 'wait', 'rerun 1 --failed', 'wait', 'rerun 2 --failed');
  // Known jobs are in the order in which they ended.
  const jobs = (await scene.server.list()).toSorted((a, b) => naturally(a.client ?? '', b.client ?? ''));
  const failed = jobs.filter(({ number, outcome }) => number === 1 && outcome === 'failed').map(({ client }) => client);
  expect(failed).toHaveLength(2);
  expect(jobs.filter(({ number }) => number === 2).map(({ client, outcome }) => [client, outcome])).toEqual(
    failed.map((client) => [client, 'completed']),
  );
  expect(jobs.some(({ number }) => number > 2)).toBe(false);
  expect(scene.said('answer')).toMatchObject([{ number: 2, clients: [] }]);
});

test('rerun refuses a command with redacted arguments, and names each of them', async () => {
  const { commands, asked } = createActing();
  await using scene = await openScene({ commands });
  await scene.run('act --secret s3cret x', 'wait', 'rerun 1');
  expect(scene.said('error')).toMatchObject([{ code: 'bad_usage', message: expect.stringContaining('--secret of 1') }]);
  expect(asked).toHaveLength(1);
});

test('rerun of a command that ends clients asks first', async () => {
  const questions: string[] = [];
  const confirm = async (question: string) => {
    questions.push(question);
    return questions.length === 1;
  };
  await using scene = await openScene({ atPrompt: true, clients: ['w1', 'w2'], confirm });
  await scene.run('@w1 terminate', 'wait', 'rerun 1');
  expect(questions).toHaveLength(2);
  expect(jobsOf(await scene.server.list())).toEqual(['1/w1']);
});

test('while the store cannot be read, jobs lists running jobs and those that ended at this server, and requests to the store are refused', async () => {
  const { commands } = createActing();
  let isAway = false;
  const away: Interceptor = async (call, next) => {
    if (isAway && call.method === 'history') throw new SignalboxError('unavailable', 'the store is gone');
    return await next(call);
  };
  await using scene = await openScene({
    commands: [...commands, calculateCommand],
    interceptors: [away],
    atPrompt: true,
  });
  await scene.run('act x', 'wait', 'calculate 600 y');
  isAway = true;
  await scene.run('jobs');
  expect(jobsOf(scene.said('job'))).toEqual(['1/w1', '2/w1']);
  await scene.run('jobs --since 1h', 'job 1', 'rerun 1', 'logs 1', 'cancel 1', 'cancel 2', 'wait');
  expect(scene.said('error')).toMatchObject(Array.from({ length: 5 }, () => ({ code: 'unavailable' })));
  expect(scene.said('result').map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'completed'],
    [2, 'cancelled'],
  ]);
});
