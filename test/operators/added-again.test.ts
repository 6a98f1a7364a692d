import { expect, test } from 'vitest';
import { ping, run } from '../../src/index.ts';
import { RoleGuard } from '../../src/operators/guard.ts';
import { Operators } from '../../src/operators/operators.ts';
import { createRoles } from '../../src/operators/role.ts';
import { createMemoryCollections } from '../../src/store/memory/memory-collection.ts';
import { refusal } from '../support/refusal.ts';
import { openScene } from './scene.ts';

const by = 'local:owner';
const roles = createRoles({ tester: { do: [{ commands: ['ping', 'run'], targets: 'env=test' }] } }, new Map());

test('an operator that is added again has a new actor, also in the next server, and its earlier token is invalid', async () => {
  const collections = createMemoryCollections();
  const identities: (string | undefined)[] = [];
  for (let time = 0; time < 3; time += 1) {
    using operators = await Operators.open(collections('operators'), roles);
    const token = await operators.add('ada', { role: 'viewer', by });
    identities.push(operators.signIn(token)?.name);
    const former = identities.slice(0, -1).map((identity) => operators.roleOf(identity ?? ''));
    expect(former.filter(Boolean)).toEqual([]);
    expect([operators.roleOf(identities.at(-1) ?? '')?.name, operators.list().length]).toEqual(['viewer', 1]);
    await operators.remove('ada');
    expect([operators.list(), operators.roleOf(identities.at(-1) ?? '')]).toEqual([[], undefined]);
  }
  expect(identities).toEqual(['ada', 'ada~2', 'ada~3']);
  using operators = await Operators.open(collections('operators'), roles);
  expect([operators.list(), operators.roleOf('ada'), operators.roleOf('ada~3')]).toEqual([[], undefined, undefined]);
  await operators.add('ada', { role: 'viewer', by });
  expect(['ada', 'ada~1', 'ada~3', 'ada~4', 'ada~04'].map((identity) => operators.roleOf(identity)?.name)).toEqual([
    ...[undefined, undefined, undefined],
    ...['viewer', undefined],
  ]);
});

test('jobs, places and submit keys of a removed operator do not belong to a later one with the same name', async () => {
  using operators = await Operators.open(createMemoryCollections()('operators'), roles);
  await using scene = await openScene({}, { guard: new RoleGuard(operators) });
  const signIn = async () => {
    const token = await operators.add('ada', { role: 'tester', by });
    return scene.server.as(`operator:${operators.signIn(token)?.name}`);
  };
  const former = await signIn();
  const keyed = await former.submit('t1', ping, {}, { key: 'one' });
  await keyed.outcomes;
  const waiting = await former.submit('role=none', run, { argv: ['true'] }, { pick: 1, expiresInMs: 60_000 });
  const place = { id: waiting.id, client: null, place: 1 };
  expect((await former.get(place)).client).toBeNull();
  await operators.remove('ada');
  const later = await signIn();
  await expect(former.list()).rejects.toThrow(refusal('not_allowed'));
  await expect(later.get(place)).rejects.toThrow(refusal('no_such_job'));
  await expect(later.cancel([place])).rejects.toThrow(refusal('no_such_job'));
  expect((await later.list()).filter(({ id }) => id === waiting.id)).toEqual([]);
  // With the earlier one's key, this would be refused with its command and its id.
  const own = await later.submit('t1', run, { argv: ['true'] }, { key: 'one' });
  expect(own.id).not.toBe(keyed.id);
  expect(await own.outcomes).toMatchObject([{ outcome: 'completed' }]);
});
