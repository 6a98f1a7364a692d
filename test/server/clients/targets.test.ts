import { expect, test } from 'vitest';
import { Roster } from '../../../src/server/clients/roster.ts';
import { resolveTargets } from '../../../src/server/clients/targets.ts';
import { join } from '../../support/hello.ts';
import { refusal } from '../../support/refusal.ts';

/** Connected: a.b, db1, w1, w2, w10. Known and away: w9. */
function roster(names = ['w1', 'w2', 'w10', 'db1', 'a.b', 'w9']): Roster {
  const all = new Roster();
  for (const name of names) join(all, `peer of ${name}`, { name });
  const away = all.get('w9');
  if (away) all.sessionEnded(away);
  return all;
}

test.each([
  [['w1'], ['w1']],
  [['all'], ['a.b', 'db1', 'w1', 'w2', 'w10']],
  [['w*'], ['w1', 'w2', 'w10']],
  [['w?'], ['w1', 'w2']],
  [['w[12]'], ['w1', 'w2']],
  [['[!w]*'], ['a.b', 'db1']],
  [['*'], ['a.b', 'db1', 'w1', 'w2', 'w10']],
  [
    ['w2', 'w1'],
    ['w2', 'w1'],
  ],
  [
    ['w2', 'w*', 'all'],
    ['w2', 'w1', 'w10', 'a.b', 'db1'],
  ],
  [['w1', 'w1'], ['w1']],
  [['a.b'], ['a.b']],
  [[], []],
])('%j means %j', (targets, names) => {
  expect(resolveTargets(targets, roster())).toStrictEqual(names);
});

test('a name is that of one who is away too, a glob and all are not', () => {
  expect(resolveTargets(['w9'], roster())).toStrictEqual(['w9']);
  expect(() => resolveTargets(['w[9]'], roster())).toThrow(refusal('no_such_target'));
});

test.each([
  ['w3', "no client is called 'w3' (connected: a.b, db1, w[1-2,10])"],
  ['a?b?', "no client matches 'a?b?' (connected: a.b, db1, w[1-2,10])"],
  ['', "no client is called '' (connected: a.b, db1, w[1-2,10])"],
  ['W1', "no client is called 'W1' (connected: a.b, db1, w[1-2,10])"],
])("'%s' means nobody", (target, message) => {
  expect(() => resolveTargets([target], roster())).toThrow(
    expect.objectContaining({ code: 'no_such_target', message }),
  );
});

test.each(['all', '*', 'w1'])('%s means nobody where nobody is connected', (target) => {
  const message = `'${target}' means nobody: no client is connected`;
  expect(() => resolveTargets([target], roster([]))).toThrow(
    expect.objectContaining({ code: 'no_such_target', message }),
  );
});

test('one that means nobody among several refuses them all', () => {
  expect(() => resolveTargets(['w1', 'w3', 'all'], roster())).toThrow(refusal('no_such_target'));
});

test('of many who are connected eight are named, and a series of numbers is one', () => {
  const toNobody = (names: string[]) => () => resolveTargets(['x'], roster(names));
  expect(toNobody([...'abcdefghijk'])).toThrow(/\(connected: a, b, c, d, e, f, g, h and 3 more\)$/);
  expect(toNobody(Array.from({ length: 11 }, (_, index) => `w${10 + index}`))).toThrow(/\(connected: w\[10-20\]\)$/);
});
