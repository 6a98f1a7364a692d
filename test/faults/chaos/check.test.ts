// Over 250 lines: a table of histories, good and bad, one for each rule.
import { expect, test } from 'vitest';
import type { Line } from '../../support/line-log.ts';
import { checkHistory } from './check.ts';
import type { ClientLife, History, ServerLife } from './history.ts';

const zero = { completed: 0, failed: 0, cancelled: 0, rejected: 0, expired: 0, lost: 0 };

const line = (type: string, id: string, facts: Partial<Line> = {}): Line => {
  return { type, id, client: 'w1', command: 'ping', ts: 1_000, ...facts };
};
const accepted = (id: string, facts?: Partial<Line>) => line('accepted', id, facts);
const completed = (id: string, facts?: Partial<Line>) =>
  line('result', id, { outcome: 'completed', result: 7, ...facts });
const lost = (id: string, facts?: Partial<Line>) => line('result', id, { outcome: 'lost', ...facts });
const rejected = (id: string, facts?: Partial<Line>) => line('rejected', id, facts);
const begun = (id: string): Line => ({ type: 'begun', id, client: 'w1', ts: 1_000 });
const connected = (ts: number): Line => ({ type: 'connected', client: 'w1', ts });

const finished = (lines: readonly Line[], counts: object, exitCode = 0): ServerLife => {
  return { lines: [...lines, { type: 'summary', ...zero, ...counts, exitCode }], ended: 'finished', exitCode };
};
const killed = (...lines: Line[]): ServerLife => ({ lines, ended: 'killed', exitCode: null });
const w1 = (lines: readonly Line[], endedMs?: number): ClientLife => ({ name: 'w1', lines, endedMs });

const adopted = { adopted: true };
const good: [string, History][] = [
  [
    'a command that is accepted, begun and completed',
    { servers: [finished([accepted('a.1'), completed('a.1')], { completed: 1 })], clients: [w1([begun('a.1')])] },
  ],
  [
    'an outcome that the next server tells again, the same',
    {
      servers: [
        killed(accepted('a.1'), completed('a.1')),
        finished([accepted('a.1', adopted), completed('a.1', adopted)], {}),
      ],
      clients: [w1([begun('a.1')])],
    },
  ],
  [
    'a job that is lost with the process that had begun it',
    {
      servers: [finished([accepted('a.1'), lost('a.1', { ts: 3_000 })], { lost: 1 }, 6)],
      clients: [w1([begun('a.1')], 2_000), w1([connected(3_000)])],
    },
  ],
  [
    'a job that is lost on its way to a process that was killed',
    {
      servers: [finished([lost('a.1', { ts: 3_000 })], { lost: 1 }, 6)],
      clients: [w1([], 2_000), w1([connected(3_000)])],
    },
  ],
  [
    'a job that is lost so, and the report of the broadcast before it comes later',
    {
      servers: [
        finished(
          [
            accepted('a.1'),
            completed('a.1'),
            lost('a.2', { ts: 3_000 }),
            { type: 'group', id: 'a.1', command: 'ping', ts: 3_500 },
          ],
          { completed: 1, lost: 1 },
          6,
        ),
      ],
      clients: [w1([begun('a.1')], 2_000), w1([connected(2_900)])],
    },
  ],
  [
    'a last line that is cut short where its server was killed',
    { servers: [killed({ type: 'text', data: '{"type":"acc' }), finished([], {})], clients: [] },
  ],
];

test.each(good)('nothing is wrong with %s', (_what, history) => {
  expect(checkHistory(history)).toEqual([]);
});

const bad: [string, string, History][] = [
  [
    'two outcomes',
    'two outcomes at one server',
    {
      servers: [finished([accepted('a.1'), completed('a.1'), completed('a.1')], { completed: 2 })],
      clients: [w1([begun('a.1')])],
    },
  ],
  [
    'two outcomes',
    'another outcome at the next server',
    {
      servers: [
        killed(accepted('a.1'), completed('a.1')),
        finished([accepted('a.1', adopted), completed('a.1', { ...adopted, result: 8 })], {}),
      ],
      clients: [w1([begun('a.1')])],
    },
  ],
  [
    'two outcomes',
    'the same outcome at the next server though the first was not killed',
    {
      servers: [
        finished([accepted('a.1'), completed('a.1')], { completed: 1 }),
        finished([accepted('a.1', adopted), completed('a.1', adopted)], {}),
      ],
      clients: [w1([begun('a.1')])],
    },
  ],
  [
    'two outcomes',
    'a repeat that is not marked as one',
    {
      servers: [killed(accepted('a.1'), completed('a.1')), finished([completed('a.1')], { completed: 1 })],
      clients: [w1([begun('a.1')])],
    },
  ],
  [
    'two outcomes',
    'a job that is accepted twice',
    {
      servers: [finished([accepted('a.1'), accepted('a.1'), completed('a.1')], { completed: 1 })],
      clients: [w1([begun('a.1')])],
    },
  ],
  [
    'begun twice',
    'an id that one process begins twice',
    {
      servers: [finished([accepted('a.1'), completed('a.1')], { completed: 1 })],
      clients: [w1([begun('a.1'), begun('a.1')])],
    },
  ],
  [
    'begun twice',
    'an id that is begun again after a restart',
    {
      servers: [finished([accepted('a.1'), completed('a.1')], { completed: 1 })],
      clients: [w1([begun('a.1')], 900), w1([connected(950), begun('a.1')])],
    },
  ],
  [
    'begun',
    'a command that was refused and begun',
    { servers: [finished([rejected('a.1')], { rejected: 1 }, 0)], clients: [w1([begun('a.1')])] },
  ],
  [
    'begun',
    'a command that was completed and never begun',
    { servers: [finished([accepted('a.1'), completed('a.1')], { completed: 1 })], clients: [w1([])] },
  ],
  [
    'missing outcome',
    'a job that was accepted and has no outcome',
    { servers: [killed(accepted('a.1')), finished([], {})], clients: [w1([begun('a.1')])] },
  ],
  [
    'missing outcome',
    'a job that was begun and that no server knows of',
    { servers: [killed(), finished([], {})], clients: [w1([begun('a.1')])] },
  ],
  [
    'missing outcome',
    'a job that the last server adopts and says nothing more of',
    {
      servers: [killed(accepted('a.1'), completed('a.1')), finished([accepted('a.1', adopted)], {})],
      clients: [w1([begun('a.1')])],
    },
  ],
  [
    'lost',
    'a job that is lost though its client was never restarted',
    { servers: [finished([accepted('a.1'), lost('a.1')], { lost: 1 }, 6)], clients: [w1([begun('a.1')])] },
  ],
  [
    'lost',
    'a job that is lost before the process that began it was killed',
    {
      servers: [finished([accepted('a.1'), lost('a.1', { ts: 3_000 })], { lost: 1 }, 6)],
      clients: [w1([begun('a.1')], 3_001), w1([connected(4_000)])],
    },
  ],
  [
    'lost',
    'a job that is lost though the process that began it lived on: the one before was killed',
    {
      servers: [finished([accepted('a.1'), lost('a.1', { ts: 3_000 })], { lost: 1 }, 6)],
      clients: [w1([], 500), w1([connected(900), begun('a.1')])],
    },
  ],
  [
    'lost',
    'a job that is lost though it was sent to the process that lived on',
    {
      servers: [
        finished(
          [accepted('a.1', { ts: 2_000 }), completed('a.1'), lost('a.2', { ts: 3_000 })],
          { completed: 1, lost: 1 },
          6,
        ),
      ],
      clients: [w1([], 500), w1([connected(900), begun('a.1')])],
    },
  ],
  [
    'said after the end',
    'output after the outcome',
    {
      servers: [
        finished([accepted('a.1'), completed('a.1'), line('output', 'a.1', { offset: 0, data: 'hi' })], {
          completed: 1,
        }),
      ],
      clients: [w1([begun('a.1')])],
    },
  ],
  [
    'output',
    'output with a hole in it',
    {
      servers: [
        finished(
          [
            accepted('a.1'),
            line('output', 'a.1', { offset: 0, data: 'hi' }),
            line('output', 'a.1', { offset: 3, data: 'ho' }),
            completed('a.1'),
          ],
          { completed: 1 },
        ),
      ],
      clients: [w1([begun('a.1')])],
    },
  ],
  ['summary', 'a summary that counts what was not said', { servers: [finished([], { completed: 1 })], clients: [] }],
  [
    'summary',
    'a summary that counts what was adopted',
    {
      servers: [killed(), finished([accepted('a.1', adopted), completed('a.1', adopted)], { completed: 1 })],
      clients: [w1([begun('a.1')])],
    },
  ],
  [
    'summary',
    'a summary with another exit code than the process',
    { servers: [{ ...finished([], {}), exitCode: 1 }], clients: [] },
  ],
  ['summary', 'a server that ends without a summary', { servers: [{ ...finished([], {}), lines: [] }], clients: [] }],
  ['summary', 'a server that does not end', { servers: [{ ...finished([], {}), ended: 'hung' }], clients: [] }],
  [
    'error',
    'an error of the program itself',
    { servers: [finished([{ type: 'error', code: 'internal' }], {})], clients: [] },
  ],
  [
    'error',
    'a line that is no JSON in the middle of the others',
    { servers: [finished([{ type: 'text', data: '{"ty' }], {})], clients: [] },
  ],
  [
    'error',
    'a job of another server that is not marked as adopted',
    {
      servers: [finished([accepted('a.1'), completed('a.1'), accepted('b.1'), completed('b.1')], { completed: 2 })],
      clients: [w1([begun('a.1'), begun('b.1')])],
    },
  ],
];

test.each(bad)('%s: %s', (rule, _what, history) => {
  expect(checkHistory(history).map((violation) => violation.rule)).toEqual([rule]);
});
