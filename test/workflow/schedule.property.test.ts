import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, maxNamed } from '../../src/workflow/schedule.ts';
import { timesOf } from '../../src/workflow/times.ts';

const second = 1_000;
const everyMs = 60 * second;
const beginMs = Date.parse('2026-12-01T00:00:00Z');

const steps = fc.array(
  fc.record({
    /** How the clock goes on; below 0 it is set back. */
    ms: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 90 * second }) },
      { weight: 1, arbitrary: fc.constantFrom(-3_600 * second, 3_600 * second, 86_400 * second) },
    ),
    running: fc.nat(2),
    isQueued: fc.boolean(),
    isPaused: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
    isRestarted: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

const triggers = fc.record({
  overlap: fc.constantFrom('skip' as const, 'queue' as const, 'allow' as const, 'replace' as const),
  catchUp: fc.constantFrom(0, 600 * second, 7_200 * second),
  jitter: fc.constantFrom(0, 20 * second, 200 * second),
});

test('each planned time is decided once, in its order, whatever the clock does; each that does not run has a reason', () => {
  const property = fc.property(triggers, steps, (given, walk) => {
    const times = timesOf({ ...given, every: everyMs, timeZone: 'UTC' });
    if (!times) throw new Error('no times');
    let nowMs = beginMs;
    let decidedMs = beginMs;
    let expectedMs = beginMs + everyMs;
    for (const { ms, running, isQueued, isPaused } of walk) {
      nowMs += ms;
      const state = { name: 'nightly/0', trigger: given, times, decidedMs, isPaused, running, isQueued };
      const decided = decide(state, nowMs);
      // Whoever crashes before it has noted this decides the same again.
      expect(decide(state, nowMs)).toEqual(decided);
      let busy = running;
      for (const decision of decided.decisions) {
        expect(decision.plannedMs).toBe(expectedMs);
        const isMany = decision.action === 'skip-many';
        if (isMany) expect(decision.count).toBeGreaterThan(maxNamed);
        expectedMs = (isMany ? decision.lastMs : decision.plannedMs) + everyMs;
        if (isMany) expect(decision.count).toBe((expectedMs - decision.plannedMs) / everyMs);
        const lateMs = nowMs - decision.plannedMs;
        if (decision.action === 'skip' || isMany) {
          if (decision.reason === 'missed') expect(lateMs).toBeGreaterThan(Math.max(given.catchUp, 30 * second));
          if (decision.reason === 'paused') expect(isPaused).toBe(true);
          if (decision.reason === 'overlap')
            expect([busy > 0, given.overlap === 'allow', given.overlap === 'replace']).toEqual([true, false, false]);
        } else {
          expect(isPaused).toBe(false);
          expect(lateMs).toBeGreaterThanOrEqual(0);
          expect(lateMs).toBeLessThanOrEqual(Math.max(given.catchUp, 30 * second) + given.jitter);
          if (decision.action === 'run') expect(busy === 0 || given.overlap === 'allow').toBe(true);
          if (decision.action === 'run') busy += 1;
        }
      }
      ({ decidedMs } = decided);
      if (decided.decisions.length > 0) expect(decidedMs).toBe(expectedMs - everyMs);
      // None that is due stays undecided.
      expect(decided.nextMs).toBeGreaterThan(isPaused ? nowMs - 1 : nowMs);
    }
  });
  fc.assert(property, { numRuns: 2_000 });
});

test('a schedule of every second that was away for a month is decided at once, and says how many it has missed', () => {
  const trigger = { overlap: 'skip' as const, catchUp: 0, jitter: 0 };
  const times = timesOf({ ...trigger, every: second, timeZone: 'UTC' });
  if (!times) throw new Error('no times');
  const state = { name: 'often/0', trigger, times, decidedMs: beginMs, isPaused: false, running: 0, isQueued: false };
  const nowMs = beginMs + 30 * 86_400 * second;
  const { decisions, nextMs } = decide(state, nowMs);
  expect(decisions[0]).toMatchObject({ action: 'skip-many', count: 100_000, reason: 'missed' });
  expect(nextMs).toBe(nowMs + second);
});
