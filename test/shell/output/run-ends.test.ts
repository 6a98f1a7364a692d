import { expect, test } from 'vitest';
import type { Event } from '../../../src/plugin/observer.ts';
import { RunEnds } from '../../../src/shell/output/run-ends.ts';
import { stamped, type Unstamped } from '../../support/stamped.ts';

const run = { run: 2, workflow: 'nightly' };
const started: Unstamped = { type: 'workflow.started', ...run };
const task = (name: string, state: 'running' | 'delayed' | 'failed' | 'completed'): Unstamped => ({
  type: 'workflow.task',
  ...run,
  task: name,
  state,
});

/** The line after these events, each 100 ms after the previous one. */
function lineAfter(events: readonly Unstamped[], outcome: 'completed' | 'failed' | 'cancelled'): string {
  const ends = new RunEnds();
  const at = (event: Unstamped, place: number): Event => ({ ...stamped(event), atMs: place * 100 });
  for (const [place, event] of events.entries()) ends.event(at(event, place));
  const ended = at({ type: 'workflow.ended', ...run, outcome }, events.length);
  return ends.end(ended as Extract<Event, { type: 'workflow.ended' }>);
}

test.each<[title: string, events: Unstamped[], outcome: 'completed' | 'failed' | 'cancelled', line: string]>([
  ['how long it took', [started], 'completed', 'run 2 of nightly completed after 100 ms'],
  ['what failed', [started, task('verify', 'failed')], 'failed', 'run 2 of nightly failed after 200 ms: verify failed'],
  [
    'how many more failed',
    [started, task('a', 'failed'), task('b', 'failed'), task('c', 'failed')],
    'failed',
    'run 2 of nightly failed after 400 ms: a failed and 2 more',
  ],
  [
    'nothing of what was retried and completed',
    [started, task('a', 'failed'), { ...started, task: 'a' } as Unstamped, task('a', 'completed'), task('b', 'failed')],
    'failed',
    'run 2 of nightly failed after 500 ms: b failed',
  ],
  [
    'no reason where somebody cancelled it',
    [started, task('a', 'failed')],
    'cancelled',
    'run 2 of nightly cancelled after 200 ms',
  ],
  ['only the outcome where it began before', [task('a', 'failed')], 'failed', 'run 2 of nightly failed'],
])('the line of a run that has ended says %s', (_, events, outcome, line) => {
  expect(lineAfter(events, outcome)).toBe(line);
});
