import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HistoryPage, JobView } from '../../src/index.ts';
import { fullPage } from '../../src/operators/full-page.ts';

interface Job {
  readonly number: number;
  readonly client: string;
}

/** The pages of a service that has these jobs, newest first: a cursor names the last job of its page. */
function pagesOf(jobs: readonly Job[]) {
  return async ({ limit = 100, from }: { limit?: number; from?: string }): Promise<HistoryPage> => {
    const start = from === undefined ? 0 : jobs.findIndex((job) => cursorOf(job) === from) + 1;
    const page = jobs.slice(start, start + limit);
    const last = page.at(-1);
    return {
      jobs: page.map((job) => ({ id: String(job.number), ...job }) as JobView),
      next: last && start + limit < jobs.length ? cursorOf(last) : undefined,
    };
  };
}

const cursorOf = ({ number, client }: Job) => `${number} ${client}`;
const isSeen = ({ client }: { client: string | null }) => client?.startsWith('t') === true;
const jobsArbitrary = fc
  .array(fc.constantFrom('t1', 't2', 'p1', 'p2'), { maxLength: 60 })
  .map((clients) => clients.map((client, at): Job => ({ number: clients.length - at, client })));

test('pages of jobs, some of them hidden, equal the pages of a service without the hidden ones', async () => {
  await fc.assert(
    fc.asyncProperty(jobsArbitrary, fc.integer({ min: 1, max: 12 }), async (jobs, limit) => {
      const all = pagesOf(jobs);
      const seenAlone = pagesOf(jobs.filter(isSeen));
      let from: string | undefined;
      do {
        const page = { limit, ...(from !== undefined && { from }) };
        const shown = await fullPage(all, page, (some) => some.filter(isSeen));
        expect(shown).toEqual(await seenAlone(page));
        from = shown.next;
      } while (from !== undefined);
    }),
    { numRuns: 300 },
  );
});

test('an invented cursor gives the visible jobs behind it', async () => {
  const read = pagesOf([4, 3, 2, 1].map((number) => ({ number, client: number % 2 ? 't1' : 'p1' })));
  const page = await fullPage(read, { limit: 1, from: '4 p1' }, (some) => some.filter(isSeen));
  expect(page).toMatchObject({ jobs: [{ number: 3, client: 't1' }], next: '3 t1' });
});

test('a page that changes while its end is searched is read again, and its cursor names no hidden job', async () => {
  const before: Job[] = [
    { number: 9, client: 'p1' },
    { number: 8, client: 't1' },
    { number: 7, client: 'p1' },
    { number: 6, client: 't1' },
    { number: 5, client: 't1' },
  ];
  const after = before.toSpliced(2, 0, { number: 7, client: 'p2' });
  let reads = 0;
  const read: ReturnType<typeof pagesOf> = async (page) => {
    reads += 1;
    return await pagesOf(reads <= 2 ? before : after)(page);
  };
  const page = await fullPage(read, { limit: 2 }, (some) => some.filter(isSeen));
  expect(page).toMatchObject({ jobs: [{ number: 8 }, { number: 6 }], next: '6 t1' });
});
