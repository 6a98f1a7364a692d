import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { Program, runScript } from '../support/program.ts';

function fileOf(text: string): string {
  const path = join(newFolder(), 'flow.yaml');
  writeFileSync(path, text);
  return path;
}

test('a script waits for a run and fails if it fails', async () => {
  const file = fileOf('tasks:\n  a: "run true"\n  b: { do: "run false", needs: a }');
  const { exitCode, program } = await runScript(['start', `workflow run ${file}`, 'ping'], '--output', 'json');
  expect(exitCode).toBe(4);
  expect(program.json.filter(({ type }) => type === 'answer')).toMatchObject([
    { run: { run: 1, workflow: 'flow', state: 'failed', tasks: [{ task: 'a', state: 'completed' }, { task: 'b' }] } },
  ]);
  expect(program.about('result', 'ping')).toEqual([]);
  expect(program.json.filter(({ type }) => type === 'error')).toMatchObject([
    { code: 'command_failed', message: 'run 1 of flow failed: b failed, exit code 1' },
  ]);
});

test('an invalid workflow starts nothing', async () => {
  const file = fileOf('tasks:\n  a: pnig\n  b: { do: ping, needs: c }');
  const { exitCode, program } = await runScript([`workflow run ${file}`, 'workflow list'], '--keep-going');
  expect(exitCode).toBe(2);
  expect(program.out).toContain('there are no runs');
  expect(program.err.join('\n')).toContain(
    `${file}:2:6: there is no command 'pnig'; did you mean ping?; ${file}:3:25: b needs c, which does not exist`,
  );
});

test('over attach a run continues after its operator has left, and others can answer, show and cancel it', async () => {
  const folder = newFolder();
  const [bind, file] = [`ipc://${folder}/s.sock`, fileOf('tasks:\n  a: { do: "run sleep 60", approve: "Really?" }')];
  const store = `sqlite:${join(folder, 'store.db')}`;
  await using server = new Program('server', '--headless', '--bind', bind, '--socket-dir', folder, '--store', store);
  await server.line(/answering programs/);
  await using client = new Program('client', '--connect', bind, '--name', 'w1', '--ready', '--allow', 'run');
  await client.line(/connected/);
  const attach = async (line: string) => {
    await using program = new Program('attach', '--socket-dir', folder, '--output', 'json', '-c', line);
    return { exitCode: await program.exitCode(), said: program.json };
  };
  await using waiting = new Program('attach', '--socket-dir', folder, '-c', `workflow run ${file}`);
  const asked = async () => (await attach('workflow show 1')).said[0];
  while ((await asked())?.type !== 'answer');
  expect(await asked()).toMatchObject({ run: { state: 'running', tasks: [{ state: 'asking', question: 'Really?' }] } });
  expect(await attach('workflow approve 1/a')).toMatchObject({
    exitCode: 0,
    said: [{ run: { answer: 'approved' } }, {}],
  });
  expect(await attach('workflow cancel 1')).toMatchObject({ exitCode: 0 });
  expect(await waiting.exitCode()).toBe(4);
  expect(await attach('workflow list')).toMatchObject({ said: [{ type: 'run', run: 1, state: 'cancelled' }, {}] });
});

test('over attach a script sees the output of the jobs of its run, as at the server, and no other output', async () => {
  const folder = newFolder();
  const file = fileOf(`
tasks:
  one: "@w1 run echo first"
  two: { do: "@w1 run sh -c 'echo \${one.stdout}-second; exit 3'", needs: one }
  tell: { do: "@w1 run echo \${two.outcome}", needs: two, when: failed }
`);
  const bind = `ipc://${folder}/s.sock`;
  await using server = new Program('server', '--headless', '--bind', bind, '--socket-dir', folder, '--store', 'memory');
  await server.line(/answering programs/);
  await using client = new Program('client', '--connect', bind, '--name', 'w1', '--ready', '--allow', 'run');
  await client.line(/connected/);
  const attach = (...lines: string[]) =>
    new Program('attach', '--socket-dir', folder, ...lines.flatMap((line) => ['-c', line]));
  await using other = attach('@w1 run sleep 60');
  await using script = attach(`workflow run ${file}`);
  expect(await script.exitCode()).toBe(4);
  expect(script.out.filter((line) => line.startsWith('w1 |'))).toEqual([
    'w1 | first',
    'w1 | first-second',
    'w1 | failed',
  ]);
  expect(script.out.filter((line) => /^w1: \d+ run (completed|failed)/.test(line))).toHaveLength(3);
  expect(script.err[0]).toBe('-c, line 1: run 1 of flow failed: two failed, exit code 3');
  other.child.kill('SIGTERM');
});
