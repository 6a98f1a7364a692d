import fc from 'fast-check';
import { expect, test } from 'vitest';
import { calculate } from '../../../schemas/commands/calculate.ts';
import { run } from '../../../schemas/commands/run.ts';
import { parseArguments } from '../../../src/shell/parse/arguments.ts';
import { commandLine } from '../../../src/shell/parse/command-line.ts';
import { parseLine } from '../../../src/shell/parse/parse.ts';

test.each([
  [calculate, { seconds: 10, message: 'hello box' }, 'calculate 10 "hello box"'],
  [calculate, { seconds: 0.5, message: '' }, 'calculate 0.5 ""'],
  [run, { argv: ['ls', '-l', '/tmp'] }, 'run ls -l /tmp'],
  [run, { argv: ['sh', '-c', 'echo "1"'], cpus: 2, env: ['A=1', 'B=x y'] }, null],
])('%#: a command line is shown as a user could type it', (contract, args, line) => {
  const shown = commandLine(contract, contract.name, args);
  expect(shown).toBe(line ?? 'run --env A=1 --env "B=x y" --cpus 2 sh -c "echo \\"1\\""');
});

test('an unknown command is shown by its name only', () => {
  expect(commandLine(undefined, 'brew', { cups: 2 })).toBe('brew');
});

test('a command line typed again has the same meaning', () => {
  const word = fc.string({ unit: fc.constantFrom(...'ab -"\'\\;#=|é') });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), fc.option(word.filter(Boolean)), (argv, cwd) => {
      const args = { ...(cwd !== null && { cwd }), argv };
      const [statement] = parseLine(commandLine(run, 'run', args));
      expect(parseArguments(run, statement?.words.slice(1) ?? []).args).toStrictEqual(args);
    }),
  );
});
