import { expect, test } from 'vitest';
import { Routes } from '../../src/wire/routes.ts';

const made = (last: number) => Buffer.from([0, 0x80, 0xff, 1, last]);

test('each connection has one name that maps to its routing id, whoever chose the id', () => {
  const routes = new Routes();
  const ids = [made(1), made(255), Buffer.from('chosen'), Buffer.from([0, 1]), Buffer.from([1, 2, 3, 4, 5])];
  const peers = ids.map((id) => routes.add(id));
  expect(new Set(peers).size).toBe(ids.length);
  expect(ids.map((id) => routes.find(Buffer.from(id)))).toStrictEqual(peers);
  expect(peers.map((peer) => routes.idOf(peer))).toStrictEqual(ids);
  expect(routes.all()).toStrictEqual(peers);
});

test('a deleted connection is unknown, and the others remain', () => {
  const routes = new Routes();
  const ids = [made(1), Buffer.from('chosen'), made(2)];
  const [one = '', two = '', three] = ids.map((id) => routes.add(id));
  routes.delete(one);
  routes.delete(two);
  expect(ids.map((id) => routes.find(id))).toStrictEqual([undefined, undefined, three]);
  expect(routes.all()).toStrictEqual([three]);
  // A last message to a deleted connection still names it.
  expect(routes.idOf(one)).toStrictEqual(ids[0]);
});
