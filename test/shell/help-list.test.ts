import { expect, test } from 'vitest';
import { ping } from '../../schemas/commands/ping.ts';
import { run } from '../../schemas/commands/run.ts';
import type { BuiltinContext } from '../../src/plugin/builtin.ts';
import { helpBuiltin } from '../../src/shell/builtins/help.ts';
import { jobsBuiltin } from '../../src/shell/builtins/jobs.ts';

test('the meaning of a long usage is below it, so that it does not narrow the others', async () => {
  let said = '';
  const context = {
    service: { commands: new Map([ping, run].map((one) => [one.name, one])) },
    builtins: new Map([[jobsBuiltin.name, jobsBuiltin]]),
    output: { columns: 120, say: (text: string) => (said = text) },
  };
  await helpBuiltin.prepare(context as unknown as BuiltinContext, [], {
    targets: undefined,
    words: [],
    text: 'help',
    start: 0,
    end: 4,
  })();
  const shown = said.split('\n').slice(-4);
  expect(shown.map((line) => line.indexOf('  ', 2))).toEqual([6, 30, -1, 2]);
  expect(shown[0]?.indexOf(ping.summary)).toBe(32);
  expect(shown.slice(2)).toEqual([`  ${jobsBuiltin.usage}`, `${' '.repeat(32)}${jobsBuiltin.summary}`]);
});
