import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

/** The words offered for the end of a line. */
async function offered(line: string): Promise<string[]> {
  await using program = new Program('complete', line);
  expect(await program.exitCode()).toBe(0);
  return program.out.slice(1).map((word) => word.split('\t')[0] ?? '');
}

test('targets, jobs, workflows and servers complete if a server answers; otherwise only commands do', {
  timeout: 120_000,
}, async () => {
  const folder = newFolder();
  chmodSync(folder, 0o700);
  const bind = `ipc://${folder}/box`;
  const sockets = ['--socket-dir', folder];
  const workflows = join(folder, 'workflows');
  mkdirSync(workflows);
  writeFileSync(join(workflows, 'nightly.yaml'), 'on: { every: 12h }\ntasks: { a: { approve: "Go on?" } }');
  const flags = ['--bind', bind, '--store', 'memory', '--log-level', 'debug', '--workflows', workflows];
  await using server = new Program('server', '--headless', ...sockets, ...flags);
  await server.line(/"listening"/);
  await using _client = new Program('client', '--connect', bind, '--name', 'w1', '--ready');
  await server.line(/"w1","state":"ready"/);
  await using _sent = new Program('attach', ...sockets, '-c', 'calculate 600 x');
  await server.line(/"job accepted"/);

  const attach = `signalbox attach ${sockets.join(' ')}`;
  // On an overloaded machine an answer may come too late.
  const offers = (line: string) => expect.poll(() => offered(line), { timeout: 30_000 });
  await offers(`${attach} -c '@`).toEqual(['@all', '@arch=', '@node=', '@online', '@os=', '@w1']);
  const [socket = '', ...others] = await offered(`${attach} `);
  expect([socket, others]).toEqual([expect.stringMatching(`^${folder}/.*\\.sock$`), []]);
  // In a script a bare number would be one of its own commands.
  await offers(`signalbox attach ${socket} -c 'ping; cancel `).toEqual(['ping; cancel %1']);

  await offers(`${attach} -c 'workflow run nigh`).toEqual(['workflow run nightly']);
  await using _run = new Program('attach', ...sockets, '-c', 'workflow run nightly');
  await server.line(/workflow asked/);
  await offers(`${attach} -c 'workflow approve `).toEqual(['workflow approve 1/a']);
  await offers(`${attach} -c 'schedule next `).toEqual(['schedule next nightly/1']);

  server.child.kill('SIGSTOP');
  expect(await offered(`${attach} -c 'pi`)).toEqual(['ping']);
  server.child.kill('SIGKILL');
  await server.exitCode();
  expect(await offered(`${attach} -c 'cancel `)).toEqual([]);
});
