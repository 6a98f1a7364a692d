import { isPlaceName } from '../place-name.ts';
import type { Holder, JobStore, Taken } from '../store/job-store.ts';
import type { StoredJob } from '../store/stored-job.ts';

const maxPage = 1_000;

/**
 * Takes a store. If places wait, `unsettled` also has the settled jobs of their submissions: no client gets two of one.
 */
export async function takeStore(store: JobStore, holder: Holder): Promise<Taken> {
  const taken = await store.take(holder);
  const waiting = taken.unsettled.filter(({ client }) => isPlaceName(client));
  const settled: StoredJob[] = [];
  for (const id of new Set(waiting.map(({ submission }) => submission.id)))
    settled.push(...(await settledOf(store, id)));
  return settled.length === 0 ? taken : { ...taken, unsettled: [...taken.unsettled, ...settled] };
}

async function settledOf(store: JobStore, id: string): Promise<StoredJob[]> {
  const settled: StoredJob[] = [];
  let from: string | undefined;
  do {
    const page = await store.list({ id }, maxPage, from);
    settled.push(...page.jobs.filter(({ settlement }) => settlement));
    from = page.next;
  } while (from !== undefined);
  return settled;
}
