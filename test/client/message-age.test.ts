import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageAge } from '../../src/client/message-age.ts';

const hourMs = 3_600_000;

/** The clocks of two machines, and the computed age of a message between them. */
function open() {
  const age = new MessageAge();
  const clock = { nowMs: 0, serverMs: 77_000_000, ppm: 0 };
  const pass = (ms: number) => {
    clock.nowMs += ms * (1 + clock.ppm / 1e6);
    clock.serverMs += ms;
  };
  /** A message that takes this long to arrive. */
  const ageAfter = (ms: number) => {
    const sentMs = clock.serverMs;
    pass(ms);
    return age.of(sentMs, clock.nowMs);
  };
  const heartbeats = (count: number, delayMs = 0.2) => {
    for (let beat = 0; beat < count; beat += 1) {
      ageAfter(delayMs);
      pass(1_000 - delayMs);
    }
  };
  return { clock, pass, ageAfter, heartbeats };
}

describe('the age of a message', () => {
  test('is the extra time compared to the quickest message', () => {
    const { ageAfter } = open();
    expect([40, 40, 540, 10, 40, 5, 40].map((ms) => Math.round(ageAfter(ms)))).toEqual([0, 0, 500, 0, 30, 0, 35]);
  });

  test.each([50, 100, 500, -50, -500])('is right after 30 hours with a clock that is %i ppm fast', (ppm) => {
    const { clock, ageAfter, heartbeats } = open();
    clock.ppm = ppm;
    heartbeats((30 * hourMs) / 1_000);
    expect(Math.abs(ageAfter(0.2))).toBeLessThan(31);
    const late = ageAfter(200);
    expect(late).toBeGreaterThan(169);
    expect(late).toBeLessThan(231);
  });

  test('is right at once after a clock jump in one direction, and after a minute in the other', () => {
    const { clock, ageAfter, heartbeats } = open();
    heartbeats(100);
    clock.serverMs += hourMs;
    expect(ageAfter(0.2)).toBeLessThan(1);
    expect(Math.round(ageAfter(300))).toBe(300);
    heartbeats(100);
    clock.serverMs -= 2 * hourMs;
    expect(ageAfter(0.2)).toBeGreaterThan(hourMs);
    heartbeats(61);
    expect(ageAfter(0.2)).toBeLessThan(1);
    expect(Math.round(ageAfter(300))).toBe(300);
  });

  test('increases while a queue stalls for less than a minute', () => {
    const { pass, ageAfter, heartbeats } = open();
    heartbeats(10);
    const ages = Array.from({ length: 50 }, () => {
      const age = ageAfter(3_000);
      pass(-2_000);
      return Math.round(age);
    });
    expect(new Set(ages)).toEqual(new Set([3_000]));
  });

  test('matches a list of all delays of the last minute, to a second', () => {
    const steps = fc.array(fc.tuple(fc.double({ min: 0, max: 20_000, noNaN: true }), fc.nat(5_000)), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const age = new MessageAge();
        const seen: { atMs: number; delayMs: number }[] = [];
        let nowMs = 0;
        for (const [waitMs, delayMs] of all) {
          nowMs += waitMs;
          seen.push({ atMs: nowMs, delayMs });
          const smallestSince = (ms: number) =>
            Math.min(...seen.filter(({ atMs }) => atMs >= nowMs - ms).map((one) => one.delayMs));
          const got = delayMs - age.of(nowMs - delayMs, nowMs);
          expect(got).toBeGreaterThanOrEqual(smallestSince(60_000) - 1e-6);
          expect(got).toBeLessThanOrEqual(smallestSince(59_000) + 1e-6);
        }
      }),
    );
  });
});
