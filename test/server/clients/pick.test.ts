import { expect, test } from 'vitest';
import { limits } from '../../../schemas/index.ts';
import { pickClients } from '../../../src/server/clients/pick.ts';
import type { Member } from '../../../src/server/clients/roster.ts';

const fits = { peer: 'p', responsive: true, synced: true, state: 'ready', commands: ['run'] } as const;
const members: Readonly<Record<string, Partial<Member>>> = {
  w1: fits,
  w2: fits,
  w10: fits,
  away: { ...fits, peer: undefined },
  silent: { ...fits, responsive: false },
  new: { ...fits, synced: false },
  idle: { ...fits, state: 'unready' },
  other: { ...fits, commands: ['ping'] },
  full: fits,
};
const jobs = new Map([
  ['w1', 2],
  ['w2', 1],
  ['full', limits.maxJobs],
]);
const pick = (count: number, ...clients: string[]) =>
  pickClients({
    ...{ clients, count, jobs, command: { name: 'run' } },
    memberOf: (name) => members[name] as Member | undefined,
  });

test.each([
  [1, ['w10']],
  [2, ['w10', 'w2']],
  [3, ['w10', 'w2', 'w1']],
])('%i are the least busy that can take it', (count, picked) => {
  expect(pick(count, ...Object.keys(members))).toEqual(picked);
});

test('of equally busy clients the first by name is chosen', () => {
  jobs.delete('w2');
  expect(pick(1, 'w10', 'w2')).toEqual(['w2']);
  jobs.set('w2', 1);
});

test('if there are too few clients, the error has the reason for each of the others', () => {
  const whys = 'away: offline; silent: unresponsive; new: has just connected; idle: unready; other: does not offer run';
  const message = `cannot pick 2: only w1 can accept run now (${whys}; full: has 1000 jobs)`;
  const refused = expect.objectContaining({ code: 'no_such_target', message });
  expect(() => pick(2, 'w1', 'away', 'silent', 'new', 'idle', 'other', 'full')).toThrow(refused);
  expect(() => pick(1, 'away', 'gone')).toThrow('cannot pick 1: no client can accept run now (away, gone: offline)');
});
