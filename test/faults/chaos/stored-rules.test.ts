import { expect, test } from 'vitest';
import { jobOf, submissionOf } from '../../../src/store/contract/samples.ts';
import type { Line } from '../../support/line-log.ts';
import { checkHistory } from './check.ts';
import type { ClientLife, History, ServerLife, StoreEnd } from './history.ts';

const id = submissionOf(1).id;
const startedMs = submissionOf(1).submittedAtMs - 10;
const line = (type: string, facts: Partial<Line> = {}): Line => ({
  type,
  id,
  client: 'w1',
  ts: startedMs + 20,
  ...facts,
});
const accepted = line('accepted');
const told = (outcome: string) => line(outcome === 'rejected' ? 'rejected' : 'result', { outcome });
const begun = line('begun', { message: 'n1' });

/** A server that was killed. */
const server = (lines: readonly Line[], facts: Partial<ServerLife> = {}): ServerLife => ({
  ...{ lines, ended: 'killed', exitCode: null, store: 0, putBacks: 0, startedMs },
  ...facts,
});
const later = (lines: readonly Line[], facts: Partial<ServerLife> = {}) =>
  server(lines, { startedMs: startedMs + 1_000, ...facts });
const w1 = (lines: readonly Line[], endedMs?: number): ClientLife => ({ name: 'w1', lines, endedMs });
const stored = (outcome?: 'completed' | 'lost' | 'rejected'): StoreEnd => ({
  jobs: [jobOf(submissionOf(1), 'w1', { settlement: outcome && { outcome } })],
});

const history = (facts: Partial<History>): History => ({
  servers: [server([accepted])],
  clients: [w1([begun])],
  stores: [stored('completed')],
  ...facts,
});

const listed = line('job', { outcome: 'completed' });
const summary = {
  type: 'summary',
  completed: 0,
  failed: 0,
  cancelled: 0,
  rejected: 0,
  expired: 0,
  lost: 0,
  exitCode: 0,
};

test.each<[string, Partial<History>]>([
  ['an outcome that only the store has: its server was killed before it told it', {}],
  ['one that was told, and acked', { servers: [server([accepted, told('completed')])], acked: new Set([`${id}/w1`]) }],
  [
    'one that was told, and lost after an older copy was put back',
    {
      servers: [server([accepted, told('completed')]), later([told('lost')], { putBacks: 1 })],
      stores: [stored('lost')],
    },
  ],
  [
    'a job that was forgotten with an older copy, and its client killed',
    {
      servers: [server([accepted]), later([], { putBacks: 1 })],
      clients: [w1([begun], startedMs + 500)],
      stores: [{ jobs: [] }],
    },
  ],
  [
    'a last server that shows it',
    { servers: [server([accepted]), later([listed, summary], { ended: 'finished', exitCode: 0 })] },
  ],
])('nothing is wrong with %s', (_what, facts) => {
  expect(checkHistory(history(facts))).toEqual([]);
});

test.each<[string, Partial<History>, string[]]>([
  ['no outcome in the store', { stores: [stored()] }, ['missing outcome']],
  ['no store that has it', { stores: [{ jobs: [] }] }, ['missing outcome']],
  [
    'another outcome in the store than was told',
    { servers: [server([accepted, told('completed')])], stores: [stored('lost')] },
    ['two outcomes'],
  ],
  [
    'two servers that tell an outcome',
    { servers: [server([accepted, told('completed')]), later([told('completed')])] },
    ['two outcomes'],
  ],
  [
    'one that is refused after it was told, with an older copy',
    {
      servers: [server([accepted, told('completed')]), later([told('rejected')], { putBacks: 1 })],
      stores: [stored('rejected')],
    },
    ['two outcomes', 'two outcomes', 'begun', 'begun'],
  ],
  ['one that was acked, and is lost', { stores: [stored('lost')], acked: new Set([`${id}/w1`]) }, ['acked']],
  ['one that was begun, and is stored as refused', { stores: [stored('rejected')] }, ['begun']],
  ['one that is stored as completed, and was never begun', { clients: [w1([])] }, ['begun']],
  ['one that ran twice', { clients: [w1([begun], startedMs + 500), w1([begun])] }, ['begun twice']],
  [
    'a line that was refused, and ran',
    {
      servers: [server([{ type: 'error', code: 'no_such_target', line: 2 }], { typed: ['use', '@w1 calculate 1 n1'] })],
    },
    ['refused'],
  ],
  [
    'a last server that does not show it',
    { servers: [server([accepted]), later([summary], { ended: 'finished', exitCode: 0 })] },
    ['listed'],
  ],
])('it finds %s', (_what, facts, rules) => {
  expect(checkHistory(history(facts)).map(({ rule }) => rule)).toEqual(rules);
});
