import { expect, test } from 'vitest';
import { builtinContracts } from '../../src/builtin-contracts.ts';
import { parseArguments } from '../../src/shell/parse/arguments.ts';
import { fillWords, parseTaskLine } from '../../src/workflow/task-line.ts';
import { fill, parseTemplate } from '../../src/workflow/template.ts';

const contracts = new Map((await builtinContracts()).map((contract) => [contract.name, contract]));
const argvOf = (text: string, value: string) => {
  const line = parseTaskLine(text, contracts);
  return parseArguments(
    line.contract,
    fillWords(line, () => value),
  ).args;
};

test.each([
  '; terminate @all',
  'it\'s "quoted"',
  'two\nlines',
  '$(reboot)',
  '`reboot`',
  '${secret.TOKEN}',
  '--cwd=/tmp',
  '-1',
  '--',
  '#',
  '@all',
  '',
  '\\',
  ' spaces ',
  'a,b*?[c]',
])('the value %j stays one unchanged word', (value) => {
  expect(argvOf('run echo before ${param.x} after', value)).toEqual({ argv: ['echo', 'before', value, 'after'] });
  expect(argvOf('run echo "in ${param.x} quotes"', value)).toEqual({ argv: ['echo', `in ${value} quotes`] });
  expect(argvOf('run --env A=${param.x} ${param.x}', value)).toEqual({ env: [`A=${value}`], argv: [value] });
  expect(argvOf('run --cwd=/srv/${param.x} true', value)).toEqual({ cwd: `/srv/${value}`, argv: ['true'] });
});

test('a value at the start of a word is not an option, even in the place of a program', () => {
  expect(argvOf('run ${param.x} --memory', '--env')).toEqual({ argv: ['--env', '--memory'] });
});

test('a task is not a dry run', () => {
  expect(() => parseTaskLine('@w1 run --dry-run true', contracts)).toThrow(/^--dry-run is only for typed lines/);
});

test.each([
  ['$${param.x}', '${param.x}'],
  ['a$b', 'a$b'],
  ['${x:-}', ''],
  ['${x:-some:-text}', 'some:-text'],
])('%j without values is %j', (text, wanted) => {
  expect(fill(parseTemplate(text), () => undefined)).toBe(wanted);
});

test('a missing value gives a sentence', () => {
  expect(() => fill(parseTemplate('a ${dump.stdout}'), () => undefined)).toThrow(
    '${dump.stdout} has no value; use ${dump.stdout:-TEXT} to set a default',
  );
});

test('a value can be in a target, and cannot change the rest of it', () => {
  expect(parseTaskLine('@${dump.client},db-* ping', contracts).target).toEqual([
    { path: ['dump', 'client'], start: 0 },
    ',db-*',
  ]);
});
