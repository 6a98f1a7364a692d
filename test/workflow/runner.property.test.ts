import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Fate } from './run-model.ts';
import { RunStory } from './run-story.ts';

const graphs = Number(process.env.GRAPHS ?? 100);
const outcomes = ['completed', 'failed', 'rejected', 'expired', 'cancelled', 'lost'] as const;
const usually = <Value>(usual: Value, ...others: readonly Value[]): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, fc.constantFrom(usual, ...others));

const fate = (index: number): fc.Arbitrary<Fate> =>
  fc.record({
    needs: index === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(index - 1), { maxLength: 3 }),
    when: fc.constantFrom('completed' as const, 'failed' as const, 'always' as const),
    retries: fc.nat(2),
    backoff: fc.constantFrom(0, 1_000, 60_000),
    retryLost: fc.boolean(),
    ends: fc.array(fc.array(usually('completed', ...outcomes), { minLength: 1, maxLength: 5 }), {
      minLength: 1,
      maxLength: 3,
    }),
    answers: fc.array(usually('sent', 'nobody', 'refused'), { maxLength: 3 }),
    approvals: usually([], [true], [false], [false, true], [true, false]),
  });

const fatesOf = fc
  .integer({ min: 1, max: 8 })
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_, n) => fate(n))));

beforeAll(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterAll(() => void vi.useRealTimers());

const total = { deaths: 0, retries: 0, cancels: 0, late: 0 };

test.each([
  ['and people answer and retry', { cancels: false }],
  ['and people answer, retry and cancel', { cancels: true }],
])(
  `${graphs} random graphs end as a model says while their runner dies before or after any commit, %s`,
  {
    timeout: 30_000 + graphs * 100,
  },
  async (_, how) => {
    const property = fc.asyncProperty(fatesOf, fc.nat(), async (fates, seed) => {
      const story = new RunStory(fates, seed);
      await story.play(how);
      const ends = await story.ends();
      if (ends) {
        expect(ends.told).toEqual(ends.wanted);
        const { sent, wanted } = story.values(ends.wanted);
        expect(sent).toEqual(wanted);
      }
      for (const [key, count] of Object.entries(story.counts)) total[key as keyof typeof total] += count;
    });
    await fc.assert(property, { numRuns: graphs });
    expect(Object.values(total).every((count) => count > 0 || !how.cancels)).toBe(true);
    if (process.env.GRAPHS) process.stdout.write(`${JSON.stringify(total)}\n`);
  },
);
