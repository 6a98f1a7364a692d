import { expect, test } from 'vitest';
import type { LoggedEvent } from '../../src/jobs/events.ts';
import { Ledger } from '../../src/notify/ledger.ts';
import { notesOf } from '../../src/notify/note.ts';
import { createRules } from '../../src/notify/rule.ts';

const job = { id: 'b', number: 1, client: 'w1', command: 'run' } as const;
type Kind = 'failed' | 'completed' | 'unreachable' | 'reachable';

const eventOf = (kind: Kind, seq: number): LoggedEvent => {
  if (kind === 'reachable') return { type: 'job.reachable', ...job, seq, atMs: seq };
  if (kind === 'unreachable') return { type: 'job.unreachable', ...job, seq, atMs: seq, reason: 'away' };
  return { type: 'job.settled', ...job, seq, atMs: seq, outcome: kind } as LoggedEvent;
};

/** The states that a rule with `after: 2` derives from events. */
function told(on: string, kinds: readonly Kind[]): (string | undefined)[] {
  const outcome = on === 'job.settled' ? { outcome: ['failed' as const] } : {};
  const ledger = new Ledger({ now: () => 0, labelsOf: () => ({}), isSilenced: () => false });
  ledger.replace(createRules([{ on: [on], ...outcome, to: ['ops'], after: 2 }], new Map()));
  for (const [at, kind] of kinds.entries()) for (const note of notesOf(eventOf(kind, at + 1))) ledger.take(note);
  return [...ledger.groups.values()].map(({ state }) => state);
}

test.each<[string, Kind[], string[]]>([
  ['job.settled', ['failed', 'failed'], ['opened']],
  // A client that reconnects says nothing about how its jobs end.
  ['job.settled', ['failed', 'unreachable', 'reachable', 'failed'], ['opened']],
  ['job.settled', ['failed', 'failed', 'reachable'], ['opened']],
  ['job.settled', ['failed', 'completed', 'failed'], []],
  ['job.settled', ['failed', 'failed', 'completed'], ['opened', 'closed']],
  ['job.unreachable', ['unreachable', 'reachable', 'unreachable'], []],
  ['job.unreachable', ['unreachable', 'unreachable', 'reachable'], ['opened', 'closed']],
  ['job.unreachable', ['unreachable', 'unreachable', 'completed'], ['opened', 'closed']],
])('a rule on %s with after: 2 turns %j into %j', (on, kinds, states) => {
  expect(told(on, kinds)).toEqual(states);
});
