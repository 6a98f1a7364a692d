import { expect, test } from 'vitest';
import { resolveTargets } from '../../../src/server/clients/targets.ts';
import { refusal } from '../../support/refusal.ts';

/** These are connected. Away: w3, which is expected, and w9, which is not. */
function fleet(connected = ['a.b', 'db1', 'w1', 'w2', 'w10'], expected = ['w3'], known = [...expected, 'w9']) {
  return {
    has: (name: string) => [...connected, ...known].includes(name),
    connected: () => connected,
    all: () => [...connected, ...expected],
  };
}

test.each([
  [['w1'], ['w1']],
  [['all'], ['a.b', 'db1', 'w1', 'w2', 'w10', 'w3']],
  [['online'], ['a.b', 'db1', 'w1', 'w2', 'w10']],
  [['w*'], ['w1', 'w2', 'w10', 'w3']],
  [['w?'], ['w1', 'w2', 'w3']],
  [['w[12]'], ['w1', 'w2']],
  [['[!w]*'], ['a.b', 'db1']],
  [['*'], ['a.b', 'db1', 'w1', 'w2', 'w10', 'w3']],
  [
    ['w2', 'w1'],
    ['w2', 'w1'],
  ],
  [
    ['w2', 'w*', 'all'],
    ['w2', 'w1', 'w10', 'w3', 'a.b', 'db1'],
  ],
  [['w1', 'w1'], ['w1']],
  [['a.b'], ['a.b']],
  [[], []],
])('%j means %j', (targets, names) => {
  expect(resolveTargets(targets, fleet())).toStrictEqual(names);
});

test('a name is that of one who is away and not expected, too; a glob and all are not', () => {
  expect(resolveTargets(['w9'], fleet())).toStrictEqual(['w9']);
  expect(() => resolveTargets(['w[9]'], fleet())).toThrow(refusal('no_such_target'));
});

test.each([
  ['w4', "no client is called 'w4' (connected: a.b, db1, w[1-2,10]; expected: w3)"],
  ['a?b?', "no client matches 'a?b?' (connected: a.b, db1, w[1-2,10]; expected: w3)"],
  ['', "no client is called '' (connected: a.b, db1, w[1-2,10]; expected: w3)"],
  ['W1', "no client is called 'W1' (connected: a.b, db1, w[1-2,10]; expected: w3)"],
])("'%s' means nobody", (target, message) => {
  expect(() => resolveTargets([target], fleet())).toThrow(expect.objectContaining({ code: 'no_such_target', message }));
});

test.each(['all', 'online', '*', 'w1'])('%s means nobody where nobody is connected or expected', (target) => {
  const message = `'${target}' means nobody: no client is connected`;
  expect(() => resolveTargets([target], fleet([], [], []))).toThrow(
    expect.objectContaining({ code: 'no_such_target', message }),
  );
});

test('one that means nobody among several refuses them all', () => {
  expect(() => resolveTargets(['w1', 'w4', 'all'], fleet())).toThrow(refusal('no_such_target'));
});

test('of many who are connected eight are named, and a series of numbers is one', () => {
  const toNobody = (names: string[]) => () => resolveTargets(['x'], fleet(names, []));
  expect(toNobody([...'abcdefghijk'])).toThrow(/\(connected: a, b, c, d, e, f, g, h and 3 more\)$/);
  expect(toNobody(Array.from({ length: 11 }, (_, index) => `w${10 + index}`))).toThrow(/\(connected: w\[10-20\]\)$/);
});

test('where only expected clients are left, they are named, and nobody is online', () => {
  const away = fleet([], ['w1', 'w2', 'w3']);
  expect(resolveTargets(['all'], away)).toStrictEqual(['w1', 'w2', 'w3']);
  const resolve = (target: string) => () => resolveTargets([target], away);
  expect(resolve('online')).toThrow("'online' means nobody: no client is connected");
  expect(resolve('db*')).toThrow("no client matches 'db*' (expected: w[1-3])");
});
