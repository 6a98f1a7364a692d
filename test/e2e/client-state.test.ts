import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { isRunning } from '../support/is-running.ts';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram, main } from '../support/program.ts';

/** Its jobs report where their state is and record themselves there; `recover` reports what was left. */
const plugin = `
  import { readdirSync, writeFileSync } from 'node:fs';
  import { join } from 'node:path';
  import { defineCommand, definePlugin, implement } from 'signalbox';
  import { z } from 'zod';
  const keep = defineCommand({
    name: 'keep', summary: 'Keep a note.', args: z.strictObject({}), result: z.string(), recoverable: true, example: 'keep',
  });
  let told = [];
  export default definePlugin({
    name: 'keeping', apiVersion: 1,
    setup(host) {
      host.command(implement(keep, async (_, job) => {
        const folder = await job.state();
        writeFileSync(join(folder, job.id), '');
        return [folder, ...told].join(' ');
      }, {
        facts: () => ({ engine: 'Keeper 1.0' }),
        recover: ({ left }) => { told = left.flatMap((folder) => [folder, ...readdirSync(folder)]); return []; },
      }));
    },
  });
`;

function open() {
  const folder = newFolder();
  const path = join(folder, 'keeping.ts');
  writeFileSync(path, plugin);
  const start = (...args: string[]) =>
    new ChildProgram('env', [`XDG_STATE_HOME=${folder}`, process.execPath, main, ...args, '--plugin', path]);
  return { folder: join(folder, 'signalbox'), start };
}

/** How each job has ended: its result, or why it has none. */
const endsOf = (program: ChildProgram): string[] =>
  program.about('result', 'keep').map(({ result, error }) => String(result ?? Object(error).message));

test('a client keeps state by its name or in --state; one without a name of its own has none', async () => {
  const { folder, start } = open();
  const endpoint = await freeEndpoint();
  await using named = start('client', '--connect', endpoint, '--ready', '--name', 'web');
  const elsewhere = ['--name', 'far', '--state', join(folder, 'elsewhere')];
  await using far = start('client', '--connect', endpoint, '--ready', ...elsewhere);
  await using nameless = start('client', '--connect', endpoint, '--ready');
  const wait = ['--wait-clients', '3', '--keep-going', '--output', 'json'];
  await using server = start('server', '--bind', endpoint, '--store', 'memory', ...wait, '-c', 'keep; clients');
  expect(await server.exitCode()).toBe(7);
  expect(endsOf(server).toSorted()).toEqual([
    join(folder, 'client', 'web', 'keep'),
    join(folder, 'elsewhere', 'keep'),
    expect.stringMatching('start the client with --name or --credentials'),
  ]);
  expect(server.out.join('\n')).toContain('"engine":"Keeper 1.0"');
  for (const client of [named, far, nameless]) client.child.kill();
});

test('clients of --spawn get new folders, which are removed at the end; folders of a killed client are passed to the next one', async () => {
  const { folder, start } = open();
  const spawned = join(folder, 'spawn');
  const own = ['server', '--spawn', '1', '--output', 'json'];
  await using killed = start(...own);
  // A line continues when what it waits for has ended.
  killed.type('start', 'keep', 'wait', 'clients');
  const { pid } = JSON.parse(await killed.line(/"pid":/));
  // The client first, because it would end in order with its server.
  process.kill(pid, 'SIGKILL');
  killed.child.kill('SIGKILL');
  await once(killed.child, 'close');
  await expect.poll(() => isRunning(pid)).toBe(false);
  const [left = ''] = endsOf(killed);
  const notes = readdirSync(left);
  expect(notes).toHaveLength(1);
  await using next = start(...own, '-c', 'start; keep');
  expect(await next.exitCode()).toBe(0);
  expect(endsOf(next)[0]?.split(' ').slice(1)).toEqual([left, ...notes]);
  expect([existsSync(left), readdirSync(spawned)]).toEqual([false, []]);
});
