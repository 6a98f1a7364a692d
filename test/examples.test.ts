import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { version } from '../src/version.ts';

const run = promisify(execFile);
const root = new URL('..', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const node = (...args: string[]) => run(process.execPath, args, { cwd: root });

test('the library example runs ten jobs, cancels one and meets the deadline of two', async () => {
  const { stdout } = await node('examples/embed.ts');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.split(' ')[0])).toEqual(Array.from({ length: 10 }, (_, index) => `${index + 1}/10`));
  const ended = (what: string) => lines.filter((line) => line.includes(` ${what}: `)).length;
  expect({ completed: ended('completed'), cancelled: ended('cancelled'), failed: ended('failed') }).toEqual({
    completed: 7,
    cancelled: 1,
    failed: 2,
  });
});

test('the example with three clients gets their events, a refusal, output, and the outcomes', async () => {
  const { stdout } = await node('examples/fleet.ts');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.slice(0, 2)).toEqual(['db-1: not_ready', 'ready: 3']);
  expect(lines.slice(2, 4).sort()).toEqual(['web-1 | done', 'web-2 | done']);
  expect(lines.slice(4)).toEqual([
    'web: web-1 completed, web-2 completed',
    'db: cancelled',
    "no_such_target: no client is called 'mail-1' (connected: db-1, web-[1-2])",
  ]);
});

test('the observer example logs who sent which command, and how it ended', async () => {
  const { stdout } = await node('examples/observe.ts');
  expect(stdout.trimEnd().split('\n')).toEqual(['alice sent ping to w1', 'w1: completed', 'alice may not send stop']);
});

test('the workflow example answers its question, and gets the tasks, their output and their ends', async () => {
  const { stdout } = await node('examples/workflows/embed.ts');
  expect(stdout.trimEnd().split('\n')).toEqual([
    ...['count: running', '3 orders', 'count: completed', 'Tell everybody?'],
    ...['report: running', 'there are 3 orders', 'report: completed'],
    ...['run 1 of report: completed', 'count completed ', 'report completed by ana'],
  ]);
});

test('a program with workflows loads the workflow engine only when there is a workflow', async () => {
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { createWorkflows } = await import('./src/workflow/library.ts');
    createWorkflows();
    const { builtinContracts, createServer } = await import('./src/index.ts');
    console.log(loaded.filter((url) => /node_modules.(yaml|croner|@inquirer)|src.workflow.(load|runner)/.test(url)).length);`;
  const { stdout } = await node('--input-type=module', '--eval', program);
  expect(stdout.trim()).toBe('0');
});

test('each example is run: here, by its own test, or where a page shows it', () => {
  const run = [
    'README.md',
    'docs/commands.md',
    'test/e2e/plugins.slow.ts',
    'test/e2e/notify-plugin.slow.ts',
    'test/e2e/plugin-subcommands.slow.ts',
    'test/engine/examples.engine.ts',
    'docs/scripting.md',
    'docs/writing-a-command.md',
    'test/examples.test.ts',
    'test/engine/embedding.engine.ts',
    'test/examples/web-application.slow.ts',
    'docs/how-to/web-application.md',
  ]
    .map(read)
    .join('\n');
  const files = readdirSync(new URL('examples', root), { recursive: true, encoding: 'utf8' });
  const programs = files.filter((file) => /\.(ts|box)$/.test(file) && !file.startsWith('python/'));
  expect(programs.length).toBeGreaterThan(7);
  // A module is run by its importer; the shop by its compose.yml, in test/shipped/checks.shipped.ts.
  const imported = [
    'checks/shop.ts',
    'checksum/contract.ts',
    'checksum/implementation.ts',
    'countdown/command.ts',
    'countdown/client.ts',
  ];
  expect(programs.filter((file) => !imported.includes(file) && !run.includes(`examples/${file}`))).toEqual([]);
});

test('the library example has fewer than 40 lines', () => {
  expect(read('examples/embed.ts').trimEnd().split('\n').length).toBeLessThan(40);
});

test('the process library example reads a program with three readers and stops it', async () => {
  const { stdout } = await node('examples/process.ts');
  const [runs, ...lines] = stdout.trimEnd().split('\n');
  expect(runs).toMatch(/^signalbox runs, held by (cgroup-v2|cgroup-v1|none), open files 256$/);
  const all = 'line 1, line 2, line 3, line 4';
  expect(lines.slice(0, 2).sort()).toEqual([`first: ${all}`, `second: ${all}`]);
  expect(lines.slice(2)).toEqual([
    'late: line 4',
    'errors: half way',
    'ended by SIGTERM: { cancelled: true, leftRunning: 0, survivors: [], outputBytes: 37 }',
  ]);
});

test('the tour ends with exit code 0 and the outcomes in docs/commands.md', async () => {
  const { stdout } = await node('src/main.ts', 'server', '--spawn', '3', '-c', 'source examples/tour.box');
  // On one line if they arrive together, else on more.
  expect(stdout).toMatch(/^w\S+: 1 ping rejected: not_ready/m);
  expect(stdout).toContain('w1 | one second of work on w1\n');
  expect(stdout).toMatch(/w1: 7 calculate cancelled in \d+ ms/);
  expect(stdout).toMatch(/ terminate(?: completed: now terminating|: 3 completed)\n/);
});

test('the generated tables of the docs match the code', async () => {
  await expect(node('scripts/readme.ts', '--check')).resolves.toMatchObject({ stderr: '' });
});

test('the version in the code is the version of the package', () => {
  expect(JSON.parse(read('package.json'))).toMatchObject({ version });
});
