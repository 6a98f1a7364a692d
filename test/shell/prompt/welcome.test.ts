import { expect, test } from 'vitest';
import { createStyle } from '../../../src/shell/prompt/style.ts';
import { welcome } from '../../../src/shell/prompt/welcome.ts';

const style = createStyle(false);
const howToJoin = (endpoint: string, joining: { spawns?: boolean; hasKeys?: boolean } = {}) =>
  welcome({ endpoint }, style, { spawns: false, hasKeys: false, expected: [], ...joining }).split('\n')[1];

test.each([
  ['tcp://127.0.0.1:5555', {}, '--connect tcp://127.0.0.1:5555 --name w1'],
  ['ipc:///run/box/s.sock', {}, '--connect ipc:///run/box/s.sock --name w1'],
  ['tcp://0.0.0.0:5555', { hasKeys: true }, '--connect tcp://SERVER:5555 --credentials FILE'],
  ['tcp://[::]:5555', { hasKeys: true }, '--connect tcp://SERVER:5555 --credentials FILE'],
])('the first screen shows how a client joins %s with %o', (endpoint, joining, flags) => {
  expect(howToJoin(endpoint, joining)).toBe(`Start a client with:  signalbox client ${flags}`);
});

test('the first screen does not suggest starting clients that the server starts', () => {
  expect(howToJoin('tcp://127.0.0.1:5555', { spawns: true })).toBe('Its clients are starting.');
});

test('the first screen names the expected clients', () => {
  const expected = Array.from({ length: 20 }, (_, at) => `w${at + 1}`);
  const screen = welcome({ endpoint: 'tcp://127.0.0.1:1' }, style, { spawns: false, hasKeys: true, expected });
  expect(screen.split('\n')[2]).toBe('Expected: w[1-20]. all includes them, online only connected clients.');
});
