import { describe, expect, test } from 'vitest';
import { type RoleDefinition, rolesSchema } from '../../schemas/roles.ts';
import type { Vouched } from '../../src/operators/client-matcher.ts';
import {
  mayCall,
  mayDo,
  maySubmit,
  mayWithWorkflow,
  seesAll,
  seesArguments,
  seesClient,
  seesGroup,
  seesJob,
} from '../../src/operators/rights.ts';
import { createRoles, type Role } from '../../src/operators/role.ts';
import { createGroups } from '../../src/target-groups.ts';
import { refusal } from '../support/refusal.ts';

const groups = createGroups({ web: 'web-*,!web-9', labelled: 'env=test', both: 'web+env=test', now: 'online' });
const roleOf = (definition: RoleDefinition): Role => {
  const role = createRoles({ mine: definition }, groups).get('mine');
  if (!role) throw new Error('no role');
  return role;
};
const given = (name: string): Role => {
  const role = createRoles({}, groups).get(name);
  if (!role) throw new Error('no role');
  return role;
};
const client = (name: string, labels: Record<string, string> = {}): Vouched => ({ name, labels });
const job = (command: string, on: Vouched | undefined, isOwn = false) => ({ command, client: on, isOwn });

const w1 = client('w1');
const test1 = client('t1', { env: 'test' });
const prod1 = client('p1', { env: 'prod' });

describe('the built-in roles', () => {
  test('a viewer sees everything without arguments, and can change nothing', () => {
    const viewer = given('viewer');
    expect([seesAll(viewer), seesJob(viewer, job('run', w1)), seesGroup(viewer, 'web')]).toEqual([true, true, true]);
    expect([seesArguments(viewer, job('run', w1)), maySubmit(viewer, 'run')]).toEqual([false, false]);
    expect([mayWithWorkflow(viewer, 'see', 'x'), mayWithWorkflow(viewer, 'run', 'x')]).toEqual([true, false]);
    expect(['viewer', 'operator', 'admin'].map((needs) => mayCall(viewer, 'a/b', needs as 'viewer'))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('an operator can do everything except manage the server', () => {
    const operator = given('operator');
    expect([seesArguments(operator, job('run', w1)), mayDo(operator, 'cancel', job('run', w1))]).toEqual([true, true]);
    expect([mayWithWorkflow(operator, 'approve', 'x'), mayWithWorkflow(operator, 'see', 'x')]).toEqual([true, true]);
    expect([mayCall(operator, 'a/b', 'operator'), mayCall(operator, 'a/b', 'admin')]).toEqual([true, false]);
  });

  test('an admin can do everything', () => {
    expect([mayCall(given('admin'), 'a/b', 'admin'), maySubmit(given('admin'), 'run')]).toEqual([true, true]);
  });
});

describe('a role of the configuration', () => {
  test('without rules sees nothing and can do nothing', () => {
    const none = roleOf({});
    expect([seesClient(none, w1), seesJob(none, job('run', w1)), seesAll(none), seesGroup(none, 'web')]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([maySubmit(none, 'run'), mayWithWorkflow(none, 'see', 'x'), mayCall(none, 'a/b', 'viewer')]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('sees what it may do, and nothing of other commands or clients', () => {
    const tester = roleOf({ do: [{ commands: ['run'], targets: '@env=test' }] });
    expect([test1, prod1, w1].map((one) => seesClient(tester, one))).toEqual([true, false, false]);
    expect([job('run', test1), job('ping', test1), job('run', prod1)].map((one) => seesJob(tester, one))).toEqual([
      true,
      false,
      false,
    ]);
    expect([job('run', test1), job('run', prod1)].map((one) => mayDo(tester, 'submit', one))).toEqual([true, false]);
    expect([seesArguments(tester, job('run', test1)), maySubmit(tester, 'ping'), seesAll(tester)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('can see more than it may do, with arguments if the rule says so', () => {
    const role = roleOf({
      see: [{ targets: 'all' }, { targets: 'labelled', arguments: true }],
      do: [{ commands: ['ping'], targets: ['web', 'w1'], methods: ['submit'] }],
    });
    expect([seesArguments(role, job('run', prod1)), seesArguments(role, job('run', test1))]).toEqual([false, true]);
    expect([mayDo(role, 'submit', job('ping', w1)), mayDo(role, 'cancel', job('ping', w1))]).toEqual([true, false]);
    expect(mayDo(role, 'submit', job('ping', client('web-9')))).toBe(false);
    expect(mayDo(role, 'submit', job('ping', client('web-1')))).toBe(true);
  });

  test('sees a place without a client if it has sent it, or sees all clients', () => {
    const tester = roleOf({ do: [{ commands: ['run'], targets: 'env=test' }] });
    expect([seesJob(tester, job('run', undefined, true)), seesJob(tester, job('run', undefined))]).toEqual([
      true,
      false,
    ]);
    expect(seesJob(tester, job('ping', undefined, true))).toBe(false);
    expect(seesJob(roleOf({ see: [{ targets: 'all,w1' }] }), job('run', undefined))).toBe(true);
  });

  test('does not see its own jobs on clients that it may not see', () => {
    const tester = roleOf({ do: [{ commands: ['run'], targets: 'env=test' }] });
    expect(seesJob(tester, job('run', prod1, true))).toBe(false);
  });

  test('sees a group if it sees all of its clients', () => {
    const seen = (targets: string) => seesGroup(roleOf({ see: [{ targets }] }), 'web');
    expect(['web', 'all', 'db,web', 'web+env=test', 'web,!web-1', 'both'].map(seen)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test('has the named rights to workflows, and sees these', () => {
    const role = roleOf({ workflows: { run: ['night*'], approve: ['release'] } });
    expect(['nightly', 'release', 'other'].map((name) => mayWithWorkflow(role, 'see', name))).toEqual([
      true,
      true,
      false,
    ]);
    expect([mayWithWorkflow(role, 'approve', 'nightly'), mayWithWorkflow(role, 'run', 'nightly')]).toEqual([
      false,
      true,
    ]);
  });

  test('can call the named methods of plug-ins, whatever permission these need', () => {
    const role = roleOf({ methods: ['check/*'] });
    expect([mayCall(role, 'check/list', 'admin'), mayCall(role, 'standing/list', 'viewer')]).toEqual([true, false]);
  });
});

describe('a configuration is refused for', () => {
  test.each<[string, RoleDefinition, string]>([
    ['an invalid target', { do: [{ commands: ['run'], targets: 'w[1' }] }, 'do 1'],
    ['a target with exclusions only', { see: [{ targets: '!w1' }] }, 'see 1'],
    ['online', { see: [{ targets: 'all' }, { targets: 'w1,online' }] }, 'see 2'],
    ['online within a group', { see: [{ targets: 'now' }] }, 'see 1'],
    ['an invalid glob', { do: [{ commands: ['r[]n'], targets: 'all' }] }, 'do 1'],
  ])('%s', (_, definition, where) => {
    expect(() => roleOf(definition)).toThrow(refusal('bad_usage'));
    expect(() => roleOf(definition)).toThrow(`the role mine is not valid: ${where}: `);
  });

  test.each<[string, unknown]>([
    ['a role with the name of a built-in role', { viewer: {} }],
    ['a rule without targets', { mine: { do: [{ commands: ['run'] }] } }],
    ['a rule without commands', { mine: { do: [{ targets: 'all' }] } }],
    ['an unknown kind of method', { mine: { do: [{ commands: ['run'], targets: 'all', methods: ['get'] }] } }],
    ['an unknown key', { mine: { sees: [] } }],
  ])('%s', (_, roles) => {
    expect(rolesSchema.safeParse(roles).success).toBe(false);
  });
});
