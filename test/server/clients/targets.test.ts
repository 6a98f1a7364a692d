import { expect, test } from 'vitest';
import { resolveTargets } from '../../../src/server/clients/targets.ts';
import { createGroups } from '../../../src/target-groups.ts';
import { refusal } from '../../support/refusal.ts';

const labels: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  w1: { env: 'prod', node: '24.1.0' },
  w2: { env: 'dev', node: '24.11.0' },
  w3: { env: 'prod', node: '22.1.0' },
  db1: { env: 'prod', rack: 'r1' },
  w9: { env: 'prod' },
};

/** These are connected. Absent: w3, which is expected, and w9, which is not. */
function fleet(connected = ['a.b', 'db1', 'w1', 'w2', 'w10'], expected = ['w3'], known = [...expected, 'w9']) {
  return {
    has: (name: string) => [...connected, ...known].includes(name),
    connected: () => connected,
    all: () => [...connected, ...expected],
    labelOf: (name: string, label: string) => labels[name]?.[label],
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
  [['w1,db1'], ['w1', 'db1']],
  [['w[1-3]'], ['w1', 'w2', 'w3']],
  [['w[2,9-10],db1'], ['w2', 'w9', 'w10', 'db1']],
  [['w[1,2]*'], ['w1', 'w10', 'w2']],
  [['[a-d]?*'], ['a.b', 'db1']],
  [['env=prod'], ['db1', 'w1', 'w3']],
  [['node=24.*'], ['w1', 'w2']],
  [['node=24.1.0'], ['w1']],
  [['rack=*'], ['db1']],
  [['env=prod+w*'], ['w1', 'w3']],
  [['w*+env=prod+online'], ['w1']],
  [
    ['w*+env=prod', 'db1'],
    ['w1', 'w3', 'db1'],
  ],
  [
    ['w*', '!env=prod'],
    ['w2', 'w10'],
  ],
  [
    ['w1', '!w2', 'w2', 'w3'],
    ['w1', 'w3'],
  ],
  [
    ['all', '!w*'],
    ['a.b', 'db1'],
  ],
  [['all,!w*+env=prod,!db1'], ['a.b', 'w2', 'w10']],
  [['w1,!x*,!env=none'], ['w1']],
  [['w[1-2],!w9'], ['w1', 'w2']],
])('%j means %j', (targets, names) => {
  expect(resolveTargets(targets, fleet())).toStrictEqual(names);
});

test('a name also selects an absent client that is not expected; a glob and all do not', () => {
  expect(resolveTargets(['w9'], fleet())).toStrictEqual(['w9']);
  expect(() => resolveTargets(['w[9]'], fleet())).toThrow(refusal('no_such_target'));
});

test.each([
  ['w4', "no client is called 'w4' (connected: a.b, db1, w[1-2,10]; expected: w3)"],
  ['a?b?', "no client matches 'a?b?' (connected: a.b, db1, w[1-2,10]; expected: w3)"],
  ['w[1-5]', "no client is called 'w[4-5]', of 'w[1-5]' (connected: a.b, db1, w[1-2,10]; expected: w3)"],
  ['w[1,7]*', "no client matches 'w7*', of 'w[1,7]*' (connected: a.b, db1, w[1-2,10]; expected: w3)"],
  ['env=test', "no client has 'env=test' (env is dev, prod)"],
  ['evn=prod', "no client has 'evn=prod' (no client has a label evn)"],
  ['rack=r[1-3]', "no client has 'rack=r[2-3]', of 'rack=r[1-3]' (rack is r1)"],
  ['all,!w4', "no client is called 'w4' (connected: a.b, db1, w[1-2,10]; expected: w3)"],
  ['db*+env=dev', "no client matches all parts of 'db*+env=dev'"],
  ['w1,!env=prod', "'w1,!env=prod' excludes every client"],
])("'%s' means nobody", (target, message) => {
  expect(() => resolveTargets([target], fleet())).toThrow(expect.objectContaining({ code: 'no_such_target', message }));
});

test.each(['all', 'online', '*', 'w1'])('%s selects nobody if no client is connected or expected', (target) => {
  const message = `'${target}' matches nobody: no clients are connected`;
  expect(() => resolveTargets([target], fleet([], [], []))).toThrow(
    expect.objectContaining({ code: 'no_such_target', message }),
  );
});

test('if one of several targets selects nobody, all are refused', () => {
  expect(() => resolveTargets(['w1', 'w4', 'all'], fleet())).toThrow(refusal('no_such_target'));
});

test('of many connected clients eight are named, and consecutive numbers are folded', () => {
  const toNobody = (names: string[]) => () => resolveTargets(['x'], fleet(names, []));
  expect(toNobody([...'abcdefghijk'])).toThrow(/\(connected: a, b, c, d, e, f, g, h and 3 more\)$/);
  expect(toNobody(Array.from({ length: 11 }, (_, index) => `w${10 + index}`))).toThrow(/\(connected: w\[10-20\]\)$/);
});

test('if only expected clients remain, they are named, and nobody is online', () => {
  const away = fleet([], ['w1', 'w2', 'w3']);
  expect(resolveTargets(['all'], away)).toStrictEqual(['w1', 'w2', 'w3']);
  const resolve = (target: string) => () => resolveTargets([target], away);
  expect(resolve('online')).toThrow("'online' matches nobody: no clients are connected");
  expect(resolve('db*')).toThrow("no client matches 'db*' (expected: w[1-3])");
});

test.each([
  ['', 'a part of the target is empty; '],
  ['W1', "the target W1 has a 'W', which a name cannot have; "],
  ['!w1', "'!w1' only excludes clients; to exclude them from all: all,!w1"],
  ['w*+!w1', "'!w1' must follow a comma; ! excludes clients from the whole target: a,b,!w1"],
  ['env!=prod', "'env!=prod' is not a valid target; to exclude clients: all,!env=prod"],
  ['env=', "'env=' has no value; any value: env=*"],
  ['Env=prod', "'Env' is not the name of a label; "],
  ['env=a b', "the target env=a b has a ' ', which a label cannot have; "],
  ['w[1-3', 'the target w[1-3 has a [ without its ]; '],
  ['w1]', 'the target w1] has a ] without its [; '],
  ['w[]', 'the target w[] has [], which is empty; '],
  ['w[z-a]', 'the target w[z-a] has [z-a], which has z-a in the wrong order; '],
  ['w[a,b]', 'the target w[a,b] has a comma in [a,b]: write numbers as [1-3,7] and characters as [ab]; '],
  ['w[3-1]', '[3-1] is not a list of numbers; use for example [1-20], [08-12] or [3,7]; '],
  ['w[1-]', '[1-] is not a list of numbers; '],
  ['w[1-99999]', 'w[1-99999] expands to more than 10000 names; '],
  ['w[1-9000],x[1-9000]', 'the target expands to more than 10000 names; '],
  ['w'.repeat(256), 'a part of the target is longer than 255 characters; '],
])("'%s' is not well formed", (target, message) => {
  expect(() => resolveTargets([target], fleet())).toThrow(
    expect.objectContaining({ code: 'bad_usage', message: expect.stringContaining(message) }),
  );
});

const groups = createGroups({
  web: 'w*,!w10',
  prod: 'env=prod',
  both: ['web+prod', 'a.b'],
  w1: 'w2',
  nobody: 'x*',
  lost: 'w1,x9',
});

test.each([
  [['web'], ['w1', 'w2', 'w3']],
  [['web+prod'], ['w1', 'w3']],
  [['both'], ['w1', 'w3', 'a.b']],
  [['all,!web'], ['a.b', 'db1', 'w10']],
  [['all,!both,!nobody'], ['db1', 'w2', 'w10']],
  [['w1'], ['w1']],
])('%j, with groups in it, means %j', (targets, names) => {
  expect(resolveTargets(targets, fleet(), groups)).toStrictEqual(names);
});

test('an error inside a group is reported with the group', () => {
  const resolve = (target: string) => () => resolveTargets([target], fleet(), groups);
  expect(resolve('nobody')).toThrow(/^no client matches 'x\*' .*; the group nobody is x\*$/);
  expect(resolve('all,!lost')).toThrow(/^no client is called 'x9' .*; the group lost is w1,x9$/);
});

test.each<[Record<string, string>, string]>([
  [{ all: 'w*' }, 'the group all is not valid: all and online are reserved and cannot be names of clients'],
  [{ Web: 'w*' }, 'the group Web is not valid: a name is '],
  [{ web: 'w[1' }, 'the group web is not valid: the target w[1 has a [ without its ]; '],
  [{ web: '!w1' }, 'the group web is not valid: it only excludes clients; to exclude them from all: all,!w1'],
  [{ web: 'w1,web' }, 'the group web is not valid: it contains itself'],
  [{ web: 'w1,!db+all', db: 'db[1-2],x', x: 'a+web' }, 'the group web is not valid: it contains itself'],
])('the groups %j are refused', (given, message) => {
  expect(() => createGroups(given)).toThrow(
    expect.objectContaining({ code: 'bad_usage', message: expect.stringContaining(message) }),
  );
});

test('the client lists are read once, however many globs a target has', () => {
  let asked = 0;
  const { all, ...rest } = fleet(Array.from({ length: 100 }, (_, at) => `w${at}`));
  const counted = {
    ...rest,
    all: () => {
      asked += 1;
      return all();
    },
  };
  expect(resolveTargets(['w[1-9,20-29]*,w*,env=*'], counted)).toHaveLength(100);
  expect(asked).toBe(1);
});
