import { SignalboxError } from '../../schemas/index.ts';
import type { LiveRun } from './live-run.ts';
import type { LiveRuns } from './live-runs.ts';
import { type RunStore, recordOf } from './run-store.ts';

/** What did not complete in a run that has ended is done again, and what follows from it, for `actor`. */
export async function retryRun(
  run: number,
  { runs, store, actor }: { readonly runs: LiveRuns; readonly store: RunStore; readonly actor: string },
): Promise<LiveRun> {
  if (runs.get(run)) throw new SignalboxError('bad_usage', `run ${run} goes on; workflow cancel ${run} ends it`);
  const stored = await store.head(run);
  if (!stored.value.end) throw runs.isStuck(run);
  if (stored.value.end.outcome === 'completed')
    throw new SignalboxError('bad_usage', `run ${run} has completed: there is nothing to retry`);
  const { states } = (await runs.open(stored)).plan();
  const records = await store.tasksOf(run);
  // First: a run whose head has no end is planned by them.
  for (const [key, { state }] of states) {
    if (state === 'completed' || state === 'skipped') continue;
    const record = recordOf(records, run, key);
    const { approval, attempts } = record.value;
    const answered = approval?.answer === 'approved' ? { approval } : {};
    const asked = attempts.length > 0 ? { asked: attempts.length + 1 } : {};
    await store.writeTask(run, key, record, { attempts, ...answered, ...asked });
  }
  const { cancelled: _, end: __, ...kept } = stored.value;
  const live = await runs.open(await store.writeHead(stored, { ...kept, actsAs: actor }));
  live.news.started();
  live.news.begin({ states, submissions: [] });
  live.follow();
  return live;
}
