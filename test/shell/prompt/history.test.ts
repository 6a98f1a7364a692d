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

test('lines are kept between sessions, readable only by their owner', () => {
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

test('a pipe at the path of the history does not block: the lines are kept for the session only', () => {
  const path = newPath();
  mkdirSync(join(path, '..'), { recursive: true });
  execFileSync('mkfifo', [path]);
  const history = new History(path);
  history.add('ping');
  expect(history.next(1, -1, '', '')?.line).toBe('ping');
});

test('the prompt works if the file cannot be written', () => {
  const path = newPath();
  writeFileSync(join(path, '..', '..', '..', 'file'), '');
  const history = new History(join(path, '..', '..', '..', 'file', 'history'));
  history.add('ping');
  expect(history.suggest('p')).toBe('ing');
});

// With automounted homes, /proc reports that the parent of a new folder is missing, and Node's own recursion then never
// ends.
test.skipIf(!existsSync('/proc/self'))('the prompt works in a home where nothing can be created', () => {
  const history = new History('/proc/nobody/state/history');
  history.add('ping');
  expect(history.suggest('p')).toBe('ing');
});

test('it is in the state folder of the user', () => {
  expect(historyPath({ XDG_STATE_HOME: '/state' })).toBe('/state/signalbox/history');
  expect(historyPath({})).toMatch(/\/\.local\/state\/signalbox\/history$/);
});

test('Up and Down visit the lines with the typed prefix, each once', () => {
  const history = historyOf('ping', 'calculate 1 a', 'start', 'calculate 2 b', 'stop');
  const newest = history.next(5, -1, 'calc', 'calc');
  expect(newest).toEqual({ index: 3, line: 'calculate 2 b' });
  expect(history.next(3, -1, 'calc', 'calculate 2 b')).toEqual({ index: 1, line: 'calculate 1 a' });
  expect(history.next(1, -1, 'calc', 'calculate 1 a')).toBeUndefined();
  expect(history.next(1, 1, 'calc', 'calculate 1 a')).toEqual({ index: 3, line: 'calculate 2 b' });
  expect(history.next(3, 1, 'calc', 'calculate 2 b')).toBeUndefined();
});

test('a search finds the newest line that contains the text, then older ones', () => {
  const history = historyOf('calculate 1 old', 'ping', 'calculate 2 old', 'stop');
  expect(history.search(4, 'old')).toEqual({ index: 2, line: 'calculate 2 old' });
  expect(history.search(2, 'old')).toEqual({ index: 0, line: 'calculate 1 old' });
  expect(history.search(0, 'old')).toBeUndefined();
  expect(history.search(4, '')).toBeUndefined();
});

test('the suggestion is the rest of the newest line with the typed prefix', () => {
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
