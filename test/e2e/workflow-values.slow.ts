import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callWorkflow, type RunDetails } from '../../src/plugin/workflow-calls.ts';
import { RemoteJobService } from '../../src/remote/remote-job-service.ts';
import { Program } from '../support/program.ts';

/** What a value must not become: a second word, an option, a command of a shell, a line, a secret, another client. */
const hostile: readonly (readonly [what: string, value: string])[] = [
  ['a second command', '; terminate @all'],
  ['an apostrophe', "it's"],
  ['quotes', '"a" "b'],
  ['lines', 'one\ntwo\r\nthree'],
  ['a command of a shell', '$(touch /tmp/x) `touch /tmp/x` | tee > x &'],
  ['a variable', '$HOME ${HOME} %PATH%'],
  ['a secret', '${secret.TOKEN}'],
  ['a value', '${a.stdout} $${param.x} ${param.value:-x}'],
  ['an option', '--env=A=B'],
  ['a short option', '-x'],
  ['the end of options', '--'],
  ['a number below zero', '-1'],
  ['a target', '@all'],
  ['an exclusion', '!w1'],
  ['globs', '* ? [a-z] {a,b} ~'],
  ['a comment', '# no'],
  ['a backslash', '\\ \\n \\'],
  ['spaces', '  two  spaces\tand a tab '],
  ['nothing', ''],
  ['a text of YAML', ': { [ - | > & * ! %'],
  ['characters that a terminal obeys', '\u001b[2J\u0007\u009b31m'],
  ['characters that turn the direction', '\u202etxt.exe\u2066\u200b\ufeff'],
  ['characters beyond the first plane', '🧨𝔘\u0301'],
  ['names of objects', '__proto__ constructor toString'],
  ['a long text', 'x'.repeat(60_000)],
];

const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
const path = (name: string) => join(folder, name);
let programs: AsyncDisposableStack;
let service: RemoteJobService;

beforeAll(async () => {
  await using opening = new AsyncDisposableStack();
  writeFileSync(path('argv.js'), 'console.log(JSON.stringify([process.env.V, ...process.argv.slice(2)]))');
  writeFileSync(path('say.js'), 'process.stdout.write(process.argv[2])');
  writeFileSync(
    path('repeat.mjs'),
    `import { defineCommand, definePlugin, implement } from 'signalbox';
import { z } from 'zod';
const repeat = defineCommand({
  name: 'repeat',
  summary: 'Returns TEXT.',
  args: z.strictObject({ text: z.string() }),
  result: z.strictObject({ text: z.string() }),
  example: 'repeat hello',
});
const setup = (host) => host.command(implement(repeat, ({ text }) => ({ text })));
export default definePlugin({ name: 'repeat', apiVersion: 1, setup });`,
  );
  const bind = `ipc://${path('s.sock')}`;
  const common = ['--plugin', path('repeat.mjs')];
  const own = ['--bind', bind, '--socket-dir', folder, '--group', 'web=w1', '--log', '-'];
  const server = opening.use(new Program('server', '--headless', ...own, ...common));
  const said = JSON.parse(await server.line(/answering programs/));
  for (const name of ['w1', 'w2']) {
    const options = ['--name', name, '--ready', '--allow', 'run,repeat', '--label', 'env=prod'];
    await opening.use(new Program('client', '--connect', bind, ...options, ...common)).line(/connected/);
  }
  service = opening.use(await RemoteJobService.connect({ path: said.grpc }));
  programs = opening.move();
});
afterAll(async () => {
  await programs.disposeAsync();
  rmSync(folder, { recursive: true });
});

async function run(text: string, value: string): Promise<RunDetails> {
  const begun = { source: { text: `params: { value: "" }\ntasks:\n${text}`, file: 'values.yaml' }, params: { value } };
  return await callWorkflow(service, 'wait', { run: (await callWorkflow(service, 'run', begun)).run });
}

/** What the program of a task received: its variable V, and its arguments. */
async function given({ tasks }: RunDetails, name: string): Promise<unknown> {
  const task = tasks.find((one) => one.task === name);
  const [client = ''] = task?.clients ?? [];
  const { jobs } = await service.history({ number: task?.number ?? 0 });
  const [id] = jobs.map((job) => job.id);
  if (id === undefined) return task;
  return JSON.parse(Buffer.concat((await service.output({ id, client })).map(({ data }) => data)).toString());
}

const argv = `run --env V=\${VALUE} ${process.execPath} ${path('argv.js')} before \${VALUE} 'a \${VALUE} b' after`;
const taking = (value: string): string => JSON.stringify(argv.replaceAll('VALUE', value));
const asGiven = (value: string) => [value, 'before', value, `a ${value} b`, 'after'];

test.each(hostile)('%s stays one unchanged word', async (_, value) => {
  const ended = await run(
    `  typed: "@w1 ${taking('param.value').slice(1)}
  said: "@w1 run ${process.execPath} ${path('say.js')} \${param.value}"
  heard: { do: "@w2 ${taking('said.stdout:-').slice(1)}, needs: said }
  repeated: { do: '@w2 repeat "\${param.value}"', needs: said }
  returned: { do: "@w1 ${taking('repeated.result.text').slice(1)}, needs: repeated }
`,
    value,
  );
  expect(await given(ended, 'typed')).toEqual(asGiven(value));
  expect(await given(ended, 'heard')).toEqual(asGiven((value.split('\n').at(-1) ?? '').slice(0, 4_096)));
  expect(await given(ended, 'returned')).toEqual(asGiven(value));
  expect(ended.tasks.map(({ state, clients }) => `${state} ${clients}`)).toEqual([
    ...['completed w1', 'completed w1', 'completed w2', 'completed w2', 'completed w1'],
  ]);
});

test.each(hostile.filter(([, value]) => value !== ''))(
  '%s among the values of for is one word, too',
  async (_, value) => {
    const ended = await run(`  each: { do: ${taking('for.one')}, for: { one: [${JSON.stringify(value)}] } }\n`, '');
    expect(await given(ended, ended.tasks[0]?.task ?? '')).toEqual(asGiven(value));
  },
);

test.each([
  ['NUL', 'a\0b', 'argv, env and cwd cannot hold a NUL byte'],
  ['more than an argument may have', 'x'.repeat(131_073), 'PROGRAM [ARG] must be'],
  ['more than a command may have', 'x'.repeat(131_072), 'the arguments exceed 262144 bytes'],
])('%s fails the task, and is not cut', async (_, value, error) => {
  const { tasks } = await run('  a: "@w1 run echo ${param.value} ${param.value}"', value);
  expect(tasks).toMatchObject([{ state: 'failed', error: expect.stringContaining(error) }]);
});

const notOneClient = [
  '@all',
  'all',
  'online',
  'web',
  'w*',
  'w?',
  'w[12]',
  'w[1-2]',
  'env=prod',
  'w1,w2',
  '!w1',
  'w1+w1',
];
const noName = ['', ' w1', 'W1', 'w1\n', '../w1', '-', '*', '; terminate @all', 'w1 terminate', 'w3', '${param.value}'];

test.each([...notOneClient, ...noName])('in a target %j is not a client: nothing is sent', async (value) => {
  for (const target of ['${param.value}', 'w1,w2,!${param.value}', 'w1+${param.value}', 'w1,${param.value}']) {
    const { tasks } = await run(`  a: "@${target} run true"`, value);
    expect(tasks[0]?.number, target).toBeUndefined();
    expect(tasks[0]?.state, target).toMatch(/^(failed|rejected)$/);
  }
});

test.each([
  ['@${param.value} run true', 'w1', ['w1']],
  ['@w${param.value} run true', '2', ['w2']],
  ['@w${param.value} run true', 'eb', undefined],
  ['@${param.value}l run true', 'al', undefined],
  ['@w1,w2,!${param.value} run true', 'w2', ['w1']],
  ['@env=${param.value} run true', 'prod', ['w1', 'w2']],
  ['@env=${param.value} run true', '*', undefined],
  ['@env=${param.value} run true', 'p[a-z]od', undefined],
  ['@env=${param.value} run true', 'prod,w1', undefined],
  ['@w1+env=${param.value} run true', 'prod', ['w1']],
  ['@w1, ${param.value} run true', 'w2', ['w1', 'w2']],
])('%s with %j goes to %j', async (line, value, clients) => {
  const { tasks } = await run(`  a: "${line}"`, value);
  expect(tasks[0]?.clients).toEqual(clients);
});
