import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runScript } from '../support/program.ts';

const place = mkdtempSync(join(tmpdir(), 'signalbox-builtin-'));
afterAll(() => rmSync(place, { recursive: true }));

/** A builtin that sends a command of its own and answers when that has ended. */
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
     },
   });`,
);

test('a builtin of a plug-in is a word of a script: what it says comes after what it waited for, and its failures are those of the script', async () => {
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
