import { expect, test } from 'vitest';
import type { Event } from '../../../src/plugin/observer.ts';
import { RunEnds } from '../../../src/shell/output/run-ends.ts';
import { stamped, type Unstamped } from '../../support/stamped.ts';

const run = { run: 2, workflow: 'nightly' };
const started: Unstamped = { type: 'workflow.started', ...run };

type Ended = Extract<Event, { type: 'workflow.ended' }>;
type End = Pick<Ended, 'outcome' | 'failed' | 'moreFailed'>;

/** The line after these events, each 100 ms after the previous one. */
function lineAfter(events: readonly Unstamped[], end: End): string {
  const ends = new RunEnds();
  const at = (event: Unstamped, place: number): Event => ({ ...stamped(event), atMs: place * 100 });
  for (const [place, event] of events.entries()) ends.event(at(event, place));
  return ends.end(at({ type: 'workflow.ended', ...run, ...end }, events.length) as Ended);
}

const verify = { task: 'verify', state: 'failed' };

test.each<[title: string, events: Unstamped[], end: End, line: string]>([
  ['how long it took', [started], { outcome: 'completed' }, 'run 2 of nightly completed after 100 ms'],
  [
    'what failed and why',
    [started],
    { outcome: 'failed', failed: [{ ...verify, error: 'exit code\n2' }] },
    'run 2 of nightly failed after 100 ms: verify failed, exit code\\x0a2',
  ],
  [
    'how many more failed',
    [started],
    { outcome: 'failed', failed: [{ ...verify, error: 'exit code 2' }, verify], moreFailed: 3 },
    'run 2 of nightly failed after 100 ms: verify failed, exit code 2, and 4 more',
  ],
  [
    'how long it took since the whole run began, if a task was retried',
    [started, { ...started, task: 'a' } as Unstamped],
    { outcome: 'cancelled' },
    'run 2 of nightly cancelled after 200 ms',
  ],
  [
    'what failed if the run began before',
    [],
    { outcome: 'failed', failed: [verify] },
    'run 2 of nightly failed: verify failed',
  ],
])('the line of a run that has ended says %s', (_, events, end, line) => {
  expect(lineAfter(events, end)).toBe(line);
});
