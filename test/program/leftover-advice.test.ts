import { expect, test } from 'vitest';
import { leftoverAdvice } from '../../src/program/leftover-advice.ts';

const jobs = [
  { id: 'boot.2', client: 'w1' },
  { id: 'boot.2', client: 'db' },
  { id: 'boot.3', client: 'db' },
];
const server = { endpoint: 'tcp://127.0.0.1:5555', keys: undefined, insecure: false, isSpawned: () => false };

test('jobs of clients that end with the server need no advice', () => {
  expect(leftoverAdvice(jobs, { ...server, isSpawned: () => true })).toEqual({
    fate: 'they end with their clients',
    hint: undefined,
  });
});

test('the others are cancelled by a later server at the same address, once their clients are connected', () => {
  const { hint } = leftoverAdvice(jobs, server);
  expect(hint?.split('\n  ')[1]).toBe(
    "signalbox server --bind tcp://127.0.0.1:5555 --wait-clients 2 -c 'cancel boot.2 boot.3; wait --timeout 1m'",
  );
});

test('it needs the keys of this server, quoted for a shell, and only the clients that outlive it', () => {
  const isSpawned = (client: string) => client === 'w1';
  const { hint } = leftoverAdvice(jobs, { ...server, keys: "it's Bob's", insecure: true, isSpawned });
  expect(hint?.split('\n  ')[1]).toBe(
    String.raw`signalbox server --bind tcp://127.0.0.1:5555 --keys 'it'\''s Bob'\''s' --insecure -c 'cancel boot.2 boot.3; wait --timeout 1m'`,
  );
});
