import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, maxNamed } from '../../src/workflow/schedule.ts';
import { timesOf } from '../../src/workflow/times.ts';

const second = 1_000;
const everyMs = 60 * second;
const beginMs = Date.parse('2026-12-01T00:00:00Z');

const steps = fc.array(
  fc.record({
    /** How the clock advances; below 0 it is set back. */
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

test('each planned time is decided once, in order, whatever the clock does; each one without a run has a reason', () => {
  const property = fc.property(triggers, steps, (given, walk) => {
    const times = timesOf({ ...given, every: everyMs, timeZone: 'UTC' });
    if (!times) throw new Error('no times');
    let nowMs = beginMs;
    let decidedMs = beginMs;
    let expectedMs = beginMs + everyMs;
    for (const { ms, running, isQueued, isPaused } of walk) {
      nowMs += ms;
      const state = {
        name: 'nightly/0',
        trigger: given,
        times,
        decidedMs,
        isPaused,
        running,
        backfilling: 0,
        isQueued,
      };
      const decided = decide(state, nowMs);
      // A server that crashes before it has recorded this makes the same decision again.
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
      // No due time stays undecided.
      expect(decided.nextMs).toBeGreaterThan(isPaused ? nowMs - 1 : nowMs);
    }
  });
  fc.assert(property, { numRuns: 2_000 });
});

test('a schedule of every second that was down for a month is decided at once, and reports how many times it missed', () => {
  const trigger = { overlap: 'skip' as const, catchUp: 0, jitter: 0 };
  const times = timesOf({ ...trigger, every: second, timeZone: 'UTC' });
  if (!times) throw new Error('no times');
  const about = {
    name: 'often/0',
    trigger,
    decidedMs: beginMs,
    isPaused: false,
    running: 0,
    backfilling: 0,
    isQueued: false,
  };
  const state = { ...about, times };
  const nowMs = beginMs + 30 * 86_400 * second;
  const { decisions, nextMs } = decide(state, nowMs);
  const [missed] = decisions;
  // Those of the last 30 s are on time.
  expect(missed).toMatchObject({ action: 'skip-many', count: 30 * 86_400 - 31, reason: 'missed' });
  expect(decisions).toHaveLength(1 + 31);
  expect(nextMs).toBe(nowMs + second);
});

test('a time that arrives while only a backfill runs waits for that, whatever the overlap; the next one is skipped', () => {
  for (const overlap of ['skip', 'queue', 'replace'] as const) {
    const trigger = { overlap, catchUp: 3_600 * second, jitter: 0 };
    const times = timesOf({ ...trigger, every: everyMs, timeZone: 'UTC' });
    if (!times) throw new Error('no times');
    const about = { name: 'often/0', trigger, times, isPaused: false, isQueued: false };
    const state = { ...about, decidedMs: beginMs, running: 1, backfilling: 1 };
    const { decisions } = decide(state, beginMs + 2 * everyMs);
    expect(decisions).toEqual([
      { action: 'queue', plannedMs: beginMs + everyMs },
      { action: 'skip', plannedMs: beginMs + 2 * everyMs, reason: 'overlap' },
    ]);
  }
});

test('the missed times of a pattern that was down for long are counted up to a bound, and all of them are passed', () => {
  const trigger = { overlap: 'skip' as const, catchUp: 0, jitter: 0 };
  const times = timesOf({ ...trigger, cron: '* * * * * *', timeZone: 'Europe/Berlin' });
  if (!times) throw new Error('no times');
  const about = { name: 'often/0', trigger, times, isPaused: false, running: 1, backfilling: 0, isQueued: false };
  const nowMs = beginMs + 365 * 86_400 * second;
  const { decisions, nextMs } = decide({ ...about, decidedMs: beginMs }, nowMs);
  expect(decisions[0]).toMatchObject({ action: 'skip-many', count: 1_000, isMore: true, reason: 'missed' });
  expect([decisions.length, nextMs]).toEqual([1 + 31, nowMs + second]);
});
