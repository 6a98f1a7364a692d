import { expect, test } from 'vitest';
import { JobNames } from '../../src/shell/job-names.ts';

const script = () => new JobNames({ isNumberedHere: true });
const prompt = () => new JobNames({ isNumberedHere: false });

test('in a script numbers count its own commands, whatever else the server has sent', () => {
  const names = script();
  for (const number of [4, 5, 9]) names.sent(number);
  expect(['0', '1', '2', '3', '4', 'last'].map((text) => names.numberOf(text))).toStrictEqual([
    undefined,
    4,
    5,
    9,
    undefined,
    9,
  ]);
  expect(names.sentHere).toBe(3);
});

test('at the prompt numbers are those of the server', () => {
  const names = prompt();
  expect(['7', 'other.7', 'last', 'backup', '%7'].map((text) => names.numberOf(text))).toStrictEqual([
    7,
    undefined,
    undefined,
    undefined,
    7,
  ]);
  expect(names.sentHere).toBeUndefined();
});

test('a file sees the names around it and its own, and its own take precedence', () => {
  const outer = script();
  outer.sent(1, 'build');
  outer.sent(2, 'test');
  const inner = outer.enter();
  inner.sent(3, 'test');
  expect(['build', 'test', '1', 'last'].map((text) => inner.numberOf(text))).toStrictEqual([1, 3, 3, 3]);
  expect([...inner.all()]).toStrictEqual([
    ['build', 1],
    ['test', 3],
  ]);
  expect(outer.numberOf('test')).toBe(2);
});

test('the names of a file that has ended are known around it, unless they are already used there', () => {
  const outer = script();
  outer.sent(1, 'build');
  const inner = outer.enter();
  inner.sent(2, 'build');
  inner.sent(3, 'deploy');
  inner.leave();
  expect([...outer.all()].toSorted()).toStrictEqual([
    ['build', 1],
    ['deploy', 3],
  ]);
  expect(['build', 'deploy', 'last'].map((text) => outer.numberOf(text))).toStrictEqual([1, 3, 1]);
});

test('at the prompt the last command can also be one of a file', () => {
  const names = prompt();
  names.sent(1);
  const empty = names.enter();
  empty.leave();
  expect(names.numberOf('last')).toBe(1);
  const file = names.enter();
  file.sent(2);
  file.leave();
  expect(names.numberOf('last')).toBe(2);
});

test('a number with a percent sign is that of the server, in a script too', () => {
  const names = script();
  names.sent(9);
  expect(['%1', '%9', '1', '%', '%x'].map((text) => names.numberOf(text))).toStrictEqual([
    1,
    9,
    9,
    undefined,
    undefined,
  ]);
});
