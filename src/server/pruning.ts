import { setTimeout as sleep } from 'node:timers/promises';
import { SignalboxError } from '../../schemas/index.ts';
import type { JobStore, Keep } from '../store/job-store.ts';
import type { StoreHealth } from './store-health.ts';

const everyMs = 60_000;
/** Pause between two steps, so that commits of jobs are not delayed. */
const pauseMs = 20;

/**
 * Deletes expired data from a store in small steps until it is disposed. Failures are reported and retried at the next
 * step.
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
      // A server that was replaced ends anyway.
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
