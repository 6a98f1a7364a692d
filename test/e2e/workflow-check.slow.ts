import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Program, runAlone } from '../support/program.ts';
import { brokenFiles } from '../workflow/broken-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const good = file('good.yaml', 'tasks:\n  a: ping\n  b: { do: "run echo ${a.outcome}", needs: a }');
const bad = file('bad.yaml', 'tasks:\n  a: pnig\n  b: { do: ping, wen: failed }');

test('check works without a server: it reports errors with their place, and the exit code is 2', async () => {
  await using right = new Program('workflow', 'check', good);
  await using wrong = new Program('workflow', 'check', good, bad);
  expect([await right.exitCode(), right.out]).toEqual([0, []]);
  expect([await wrong.exitCode(), wrong.out]).toEqual([
    2,
    [
      `${bad}:2:6: there is no command 'pnig'; did you mean ping?`,
      `${bad}:3:18: a task has no wen; did you mean when?`,
    ],
  ]);
});

test('each broken file is reported with its place, by check and by a server that has it in its folder', async () => {
  const files = brokenFiles.map(([text], at) => file(`broken-${at}.yaml`, text));
  const wanted = brokenFiles.flatMap(([, problems], at) => problems.map((problem) => `${files[at]}:${problem}`));
  const sentences = new Set(
    brokenFiles.flatMap(([, problems]) => problems.map((one) => one.replace(/^\d+:\d+: /, ''))),
  );
  expect([sentences.size, wanted.length]).toEqual([brokenFiles.length, brokenFiles.length]);
  expect(sentences.size).toBeGreaterThan(40);
  await using check = new Program('workflow', 'check', ...files);
  expect(await check.exitCode()).toBe(2);
  expect(check.out.filter((line, at) => !line.startsWith(wanted[at] ?? 'nothing'))).toEqual([]);
  const flags = ['--bind', 'tcp://127.0.0.1:*', '--workflows', folder, '--log', join(folder, 'log')];
  await using server = new Program('server', '--headless', ...flags);
  await server.line(/broken-9/);
  const ofServer = wanted.map((line) =>
    line.replace(/only workflows of the folder .*/, 'there is no secret TOKEN; the configuration has none'),
  );
  expect(ofServer.filter((line) => !server.err.includes(`warning: ${line}`))).toEqual([]);
});

test('with --json there is an object for each file', async () => {
  await using check = new Program('workflow', 'check', '--json', good, bad);
  expect(await check.exitCode()).toBe(2);
  expect(check.json).toMatchObject([
    { file: good, name: 'good', tasks: 2, problems: [] },
    { file: bad, problems: [{ line: 2, column: 6 }, { line: 3 }] },
  ]);
});

test('a file that cannot be read is reported, and the exit code is 2', async () => {
  await using check = new Program('workflow', 'check', folder);
  expect(await check.exitCode()).toBe(2);
  expect(check.err).toEqual([`signalbox: the workflow ${folder} cannot be read: it is a folder`]);
});

test('a script can ask the server, which fails the script at an invalid file', async () => {
  const lines = [`workflow check ${good}`, `workflow check ${bad}`, 'ping'];
  const { exitCode, program } = await runAlone(lines, '--output', 'json');
  expect(exitCode).toBe(2);
  expect(program.json.filter(({ type }) => type === 'answer')).toMatchObject([
    { name: 'good', tasks: 2, problems: [] },
    {
      name: 'bad',
      problems: [
        { line: 2, column: 6 },
        { line: 3, column: 18 },
      ],
    },
  ]);
  expect(program.json.filter(({ type }) => type === 'error')).toMatchObject([{ line: 2, code: 'bad_usage' }]);
});

test.each([
  ['workflow', 'workflow takes one of check, run, list, show, cancel, retry, approve'],
  ['workflow chek x.yaml', "workflow has no action 'chek'; did you mean check?"],
  ['workflow check', 'a file is missing'],
])('%s is refused: %s', async (line, message) => {
  const { exitCode, program } = await runAlone([line], '--output', 'json');
  expect(exitCode).toBe(2);
  expect(program.json[0]).toMatchObject({ type: 'error', message });
});
