import { setTimeout as sleep } from 'node:timers/promises';
import type { JobContext } from '../../../index.ts';
import { describeResult } from '../contracts/describe-result.ts';
import type { CheckRecord } from '../contracts/result.ts';
import { type CheckState, Succession } from '../state/succession.ts';
import type { CheckPlan } from './check-plan.ts';
import { nextPlanned, offsetOf } from './planned-times.ts';
import { runCheck } from './run-check.ts';
import type { CheckSurroundings } from './surroundings.ts';

/**
 * Checks at once and then at each planned time, until the job is ended. Times that pass while a check is under way, or while the
 * machine sleeps, are left out: `plannedAtMs` of the records shows it.
 */
export async function repeatCheck(
  plan: CheckPlan,
  surroundings: CheckSurroundings,
  { job, everyMs, after }: { job: JobContext; everyMs: number; after: number },
): Promise<never> {
  const { signal } = job;
  const succession = new Succession(after);
  let state: CheckState | null = null;
  const offsetMs = offsetOf(plan.name, everyMs);
  let plannedAtMs = Date.now();
  for (;;) {
    const result = await runCheck(plan, surroundings, { plannedAtMs, signal });
    // That the client could not check says nothing of the site.
    if (result.errorKind !== 'client_fault') state = succession.add(result.ok);
    job.record({ ...result, state } satisfies CheckRecord);
    job.progress(0, describeResult(result));
    plannedAtMs = await untilPlanned(nextPlanned(Math.max(plannedAtMs, Date.now()), everyMs, offsetMs));
  }

  /** @returns the planned time that has come, which is another one where the clock was set meanwhile. */
  async function untilPlanned(firstMs: number): Promise<number> {
    let atMs = firstMs;
    for (;;) {
      const leftMs = atMs - Date.now();
      if (leftMs <= -everyMs || leftMs > everyMs) atMs = nextPlanned(Date.now(), everyMs, offsetMs);
      else if (leftMs <= 0) return atMs;
      else await sleep(leftMs, undefined, { signal });
    }
  }
}
