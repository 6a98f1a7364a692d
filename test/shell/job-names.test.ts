import { expect, test } from 'vitest';
import { JobNames } from '../../src/shell/job-names.ts';

const bootId = 'aaaaaaaaaaaa';
const id = (number: number) => `${bootId}.${number}`;
const script = () => new JobNames({ bootId, isNumberedHere: true });
const prompt = () => new JobNames({ bootId, isNumberedHere: false });

test('in a script numbers count its own commands, whatever else the server has sent', () => {
  const names = script();
  for (const number of [4, 5, 9]) names.sent(id(number));
  expect(['0', '1', '2', '3', '4', 'last'].map((text) => names.idOf(text))).toStrictEqual([
    undefined,
    id(4),
    id(5),
    id(9),
    undefined,
    id(9),
  ]);
  expect(names.sentHere).toBe(3);
});

test('at the prompt numbers are those of the server, and what is no name is an id', () => {
  const names = prompt();
  expect(['7', 'other.7', 'last', 'backup'].map((text) => names.idOf(text))).toStrictEqual([
    id(7),
    'other.7',
    undefined,
    undefined,
  ]);
  expect(names.sentHere).toBeUndefined();
});

test('a file knows the names around it and its own, and its own come first', () => {
  const outer = script();
  outer.sent(id(1), 'build');
  outer.sent(id(2), 'test');
  const inner = outer.enter();
  inner.sent(id(3), 'test');
  expect(['build', 'test', '1', 'last'].map((text) => inner.idOf(text))).toStrictEqual([id(1), id(3), id(3), id(3)]);
  expect([...inner.all()]).toStrictEqual([
    ['build', id(1)],
    ['test', id(3)],
  ]);
  expect(outer.idOf('test')).toBe(id(2));
});

test('the names of a file that has ended are known around it, where they are not given there', () => {
  const outer = script();
  outer.sent(id(1), 'build');
  const inner = outer.enter();
  inner.sent(id(2), 'build');
  inner.sent(id(3), 'deploy');
  inner.leave();
  expect([...outer.all()].toSorted()).toStrictEqual([
    ['build', id(1)],
    ['deploy', id(3)],
  ]);
  expect(['build', 'deploy', 'last'].map((text) => outer.idOf(text))).toStrictEqual([id(1), id(3), id(1)]);
});

test('at the prompt the last command is also that of a file', () => {
  const names = prompt();
  names.sent(id(1));
  const empty = names.enter();
  empty.leave();
  expect(names.idOf('last')).toBe(id(1));
  const file = names.enter();
  file.sent(id(2));
  file.leave();
  expect(names.idOf('last')).toBe(id(2));
});
