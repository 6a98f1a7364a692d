import { setTimeout as sleep } from 'node:timers/promises';
import type { JobStore, Keep } from '../store/job-store.ts';

const everyMs = 60_000;
/** Between two steps, for the commits of jobs. */
const pauseMs = 20;

/**
 * Deletes from a store what need not be kept any longer, a step at a time, from its start until it is disposed. What
 * fails is left for the next time: whoever commits jobs finds out that the store is gone.
 */
export function startPruning(
  store: JobStore,
  { forMs, maxBytes }: { readonly forMs: number; readonly maxBytes: number },
): AsyncDisposable {
  const end = new AbortController();
  const { signal } = end;
  const pruning = pruneAll().catch(() => {});

  async function pruneAll(): Promise<void> {
    for (;;) {
      const isDone = await pruneStep({ settledBeforeMs: Date.now() - forMs, maxBytes });
      await sleep(isDone ? everyMs : pauseMs, undefined, { signal });
    }
  }

  /** @returns whether nothing is left to delete. */
  async function pruneStep(keep: Keep): Promise<boolean> {
    try {
      return (await store.prune(keep)) === 0;
    } catch {
      return true;
    }
  }

  return {
    async [Symbol.asyncDispose]() {
      end.abort();
      await pruning;
    },
  };
}
