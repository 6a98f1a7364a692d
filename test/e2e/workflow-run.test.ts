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

test('a script waits for a run, and the failure of that is its own', async () => {
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

test('one that cannot be run starts nothing', async () => {
  const file = fileOf('tasks:\n  a: pnig');
  const { exitCode, program } = await runScript([`workflow run ${file}`, 'workflow list'], '--keep-going');
  expect(exitCode).toBe(2);
  expect(program.out).toContain('there are no runs');
  expect(program.err.join('\n')).toContain(`${file}:2:6: there is no command 'pnig'; did you mean ping?`);
});

test('over attach a run goes on without who started it, and is answered, shown and cancelled by others', async () => {
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
