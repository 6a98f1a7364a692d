import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SignalboxError } from '../../schemas/errors.ts';
import type { RoleDefinition } from '../../schemas/roles.ts';
import { createClientMatcher, type Vouched } from '../../src/operators/client-matcher.ts';
import { type JudgedJob, mayDo, seesAll, seesArguments, seesClient, seesJob } from '../../src/operators/rights.ts';
import { createRoles, type Role } from '../../src/operators/role.ts';
import { resolveTargets } from '../../src/server/clients/targets.ts';
import { createGroups } from '../../src/target-groups.ts';

const groups = createGroups({ g1: 'a*', g2: 'env=test,b1', g3: 'g1+env=*,!a2' });
const names = ['a1', 'a2', 'b1', 'b2'];

const atom = fc.constantFrom('a1', 'b2', 'a*', '?1', 'all', 'g1', 'g2', 'g3', 'env=test', 'env=*', 'site=eu', 'a[1-2]');
const term = fc.array(atom, { minLength: 1, maxLength: 2 }).map((atoms) => atoms.join('+'));
const target = fc
  .tuple(fc.array(term, { minLength: 1, maxLength: 3 }), fc.array(term, { maxLength: 1 }))
  .map(([wanted, leftOut]) => [...wanted, ...leftOut.map((one) => `!${one}`)].join(','));
const labels = fc.dictionary(fc.constantFrom('env', 'site'), fc.constantFrom('test', 'prod', 'eu'), { maxKeys: 2 });
const command = fc.constantFrom('run', 'ping', 'stop');
const client = fc.record<Vouched>({ name: fc.constantFrom(...names), labels });
const job = fc.record<JudgedJob>({ command, client: fc.option(client, { nil: undefined }), isOwn: fc.boolean() });
const commands = fc.array(fc.constantFrom('run', 'ping', 'p*', '*'), { minLength: 1, maxLength: 2 });
const seeing = fc.record({ targets: target, commands, arguments: fc.boolean() });
const doing = fc.record({
  targets: target,
  commands,
  methods: fc.subarray(['submit', 'cancel', 'signal'] as const, { minLength: 1 }),
});
const definition = fc.record<RoleDefinition>({
  see: fc.array(seeing, { maxLength: 2 }),
  do: fc.array(doing, { maxLength: 2 }),
});

const roleOf = (given: RoleDefinition): Role => createRoles({ mine: given }, groups).get('mine') as Role;
const methods = ['submit', 'cancel', 'signal'] as const;

test('a right applies to the clients that the same target selects by the labels in the keys', () => {
  const fleets = fc.tuple(...names.map(() => labels));
  fc.assert(
    fc.property(target, fleets, (text, vouched) => {
      const fleet = names.map((name, at): Vouched => ({ name, labels: vouched[at] ?? {} }));
      const known = {
        has: (name: string) => names.includes(name),
        all: () => names,
        connected: () => names,
        labelOf: (name: string, label: string) => fleet.find((one) => one.name === name)?.labels[label],
      };
      const { matches } = createClientMatcher(text, groups);
      expect(fleet.filter(matches).map(({ name }) => name)).toEqual(resolved(text, known).toSorted());
    }),
  );
});

function resolved(text: string, known: Parameters<typeof resolveTargets>[1]): string[] {
  try {
    return resolveTargets([text], known, groups, 'names');
  } catch (error) {
    if (error instanceof SignalboxError && error.code === 'no_such_target') return [];
    throw error;
  }
}

test('a permitted action is visible with its arguments, and a visible job is on a visible client', () => {
  fc.assert(
    fc.property(definition, job, (given, one) => {
      const role = roleOf(given);
      for (const method of methods) if (mayDo(role, method, one)) expect(seesArguments(role, one)).toBe(true);
      if (seesArguments(role, one)) expect(seesJob(role, one)).toBe(true);
      if (seesJob(role, one) && one.client) expect(seesClient(role, one.client)).toBe(true);
      if (seesAll(role)) expect(seesJob(role, one)).toBe(true);
    }),
  );
});

test('an additional rule never removes a right, and without rules there are none', () => {
  fc.assert(
    fc.property(definition, definition, job, (one, other, some) => {
      const both = { see: [...(one.see ?? []), ...(other.see ?? [])], do: [...(one.do ?? []), ...(other.do ?? [])] };
      const decisions = (role: Role) => [
        seesJob(role, some),
        seesArguments(role, some),
        ...methods.map((method) => mayDo(role, method, some)),
      ];
      const [first, second, joined] = [roleOf(one), roleOf(other), roleOf(both)].map(decisions);
      expect(joined).toEqual(first?.map((is, at) => is || second?.[at]));
      expect(decisions(roleOf({}))).toEqual([false, false, false, false, false]);
    }),
  );
});

test('the owner of a job has no effect once it has a client', () => {
  fc.assert(
    fc.property(definition, command, client, (given, name, on) => {
      const role = roleOf(given);
      const [own, other] = [true, false].map((isOwn) => seesJob(role, { command: name, client: on, isOwn }));
      expect(own).toBe(other);
    }),
  );
});
