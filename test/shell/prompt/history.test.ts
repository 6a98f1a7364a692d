import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { History, historyPath } from '../../../src/shell/prompt/history.ts';
import { newFolder } from '../../support/new-folder.ts';

function newPath(): string {
  const folder = newFolder();
  return join(folder, 'state', 'signalbox', 'history');
}

function historyOf(...lines: string[]): History {
  const history = new History();
  for (const line of lines) history.add(line);
  return history;
}

test('lines last from one session to the next, for their owner alone', () => {
  const path = newPath();
  const first = new History(path);
  for (const line of ['start', 'ping', 'ping', ' secret', '  ', 'calculate 1 x']) first.add(line);
  expect(readFileSync(path, 'utf8')).toBe('start\nping\ncalculate 1 x\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(new History(path).next(3, -1, '', '')?.line).toBe('calculate 1 x');
});

test('only the newest 1,000 are kept', () => {
  const path = newPath();
  const history = new History(path);
  for (let index = 0; index < 2_500; index += 1) history.add(`line ${index}`);
  expect(history.length).toBe(1_000);
  expect(new History(path).length).toBe(1_000);
  expect(readFileSync(path, 'utf8').split('\n').filter(Boolean)).toHaveLength(1_000);
});

test('a pipe in its place holds nobody: the lines last as long as the session', () => {
  const path = newPath();
  mkdirSync(join(path, '..'), { recursive: true });
  execFileSync('mkfifo', [path]);
  const history = new History(path);
  history.add('ping');
  expect(history.next(1, -1, '', '')?.line).toBe('ping');
});

test('a file that cannot be written is no reason not to work', () => {
  const path = newPath();
  writeFileSync(join(path, '..', '..', '..', 'file'), '');
  const history = new History(join(path, '..', '..', '..', 'file', 'history'));
  history.add('ping');
  expect(history.suggest('p')).toBe('ing');
});

// As automounted homes do, /proc says of a new folder that its parent is not there, and Node's own recursion then never ends.
test.skipIf(!existsSync('/proc/self'))('a home in which nothing can be made is no reason not to work either', () => {
  const history = new History('/proc/nobody/state/history');
  history.add('ping');
  expect(history.suggest('p')).toBe('ing');
});

test('it is in the state folder of the user', () => {
  expect(historyPath({ XDG_STATE_HOME: '/state' })).toBe('/state/signalbox/history');
  expect(historyPath({})).toMatch(/\/\.local\/state\/signalbox\/history$/);
});

test('up and down go through what begins as typed, each line once', () => {
  const history = historyOf('ping', 'calculate 1 a', 'start', 'calculate 2 b', 'stop');
  const newest = history.next(5, -1, 'calc', 'calc');
  expect(newest).toEqual({ index: 3, line: 'calculate 2 b' });
  expect(history.next(3, -1, 'calc', 'calculate 2 b')).toEqual({ index: 1, line: 'calculate 1 a' });
  expect(history.next(1, -1, 'calc', 'calculate 1 a')).toBeUndefined();
  expect(history.next(1, 1, 'calc', 'calculate 1 a')).toEqual({ index: 3, line: 'calculate 2 b' });
  expect(history.next(3, 1, 'calc', 'calculate 2 b')).toBeUndefined();
});

test('a search finds the newest line with the text in it, then older ones', () => {
  const history = historyOf('calculate 1 old', 'ping', 'calculate 2 old', 'stop');
  expect(history.search(4, 'old')).toEqual({ index: 2, line: 'calculate 2 old' });
  expect(history.search(2, 'old')).toEqual({ index: 0, line: 'calculate 1 old' });
  expect(history.search(0, 'old')).toBeUndefined();
  expect(history.search(4, '')).toBeUndefined();
});

test('what is suggested is the rest of the newest line that begins as typed', () => {
  const history = historyOf('ping --expires 1s', 'ping', 'calculate 1 x');
  expect(['p', 'ping', 'calc', 'x', '', ' '].map((typed) => history.suggest(typed))).toEqual([
    'ing',
    ' --expires 1s',
    'ulate 1 x',
    '',
    '',
    '',
  ]);
});
