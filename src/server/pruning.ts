import { setTimeout as sleep } from 'node:timers/promises';
import { SignalboxError } from '../../schemas/index.ts';
import type { JobStore, Keep } from '../store/job-store.ts';
import type { StoreHealth } from './store-health.ts';

const everyMs = 60_000;
/** Between two steps, for the commits of jobs. */
const pauseMs = 20;

/**
 * Deletes from a store what need not be kept any longer, a step at a time, from its start until it is disposed. What
 * fails is told, and left for the next time.
 */
export function startPruning(
  store: JobStore,
  { forMs, maxBytes }: { readonly forMs: number; readonly maxBytes: number },
  health: Pick<StoreHealth, 'failed' | 'worked'>,
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
      const deleted = await store.prune(keep);
      health.worked('prune');
      return deleted === 0;
    } catch (error) {
      const fault = SignalboxError.from(error, 'unavailable');
      // A server that was replaced ends.
      if (fault.code !== 'store_in_use') health.failed('prune', fault);
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
