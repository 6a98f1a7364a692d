import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runScript } from '../support/program.ts';
import { RunningServer } from './attach/running-server.ts';

const place = mkdtempSync(join(tmpdir(), 'signalbox-builtin-'));
afterAll(() => rmSync(place, { recursive: true }));

/** A builtin that sends a command and answers when that has ended. */
const path = join(place, 'twice.ts');
writeFileSync(
  path,
  `import { calculate, definePlugin } from 'signalbox';
   export default definePlugin({
     name: 'twice', apiVersion: 1,
     setup(host) {
       host.builtin({
         name: 'twice', usage: 'twice TARGET', summary: 'Calculate two times.', example: 'twice w1', completes: ['target'],
         prepare(context, [target]) {
           return async () => {
             await context.clientsReady();
             for (const message of ['a', 'b']) {
               const { group } = await context.send([target.text], calculate, { seconds: 0, message });
               const [ended] = await group.outcomes;
               context.output.say(message + ' ' + ended.outcome, { message, outcome: ended.outcome });
             }
           };
         },
       });
       host.builtin({
         name: 'where', usage: 'where', summary: 'Say which program this is.', example: 'where', completes: [],
         prepare: (context) => async () => context.output.say(host.side, { side: host.side }),
       });
     },
   });`,
);

test('a script can use a builtin of a plug-in: its answer follows what it waited for, and its failures fail the script', async () => {
  const flags = ['--plugin', path, '--output', 'json', '--keep-going'];
  const { exitCode, program } = await runScript(['twice w1', 'start', 'twice w1', 'help twice'], ...flags);
  const ends = ['result', 'rejected'];
  const told = program.json.flatMap(({ type, outcome, command, name }) =>
    type === 'answer' ? [outcome ?? name] : command === 'calculate' && ends.includes(type) ? [type] : [],
  );
  expect(told).toEqual([
    ...['rejected', 'rejected', 'rejected', 'rejected'],
    ...['result', 'completed', 'result', 'completed'],
    'twice',
  ]);
  expect(exitCode).toBe(4);
});

test('attach has the builtins of plug-ins that it loads itself, and their setup can tell that it runs in attach', async () => {
  const server = await RunningServer.start('w1');
  const attached = server.attach('--plugin', path, '-c', 'twice w1', '-c', 'where');
  expect(await attached.exitCode()).toBe(0);
  expect(attached.out.filter((line) => !line.includes('calculate'))).toEqual([
    'w1 | a',
    'a completed',
    'w1 | b',
    'b completed',
    'attach',
  ]);
  const without = server.attach('-c', 'twice w1');
  expect([await without.exitCode(), without.err.join()]).toEqual([2, expect.stringContaining("no command 'twice'")]);
});
