import type { JobService } from '../../../index.ts';
import type { KnownCheck } from './known-check.ts';

/** If the log delivers no event for this time, it counts as read. */
const quietMs = 1_000;

/** Whether the log of events has this change of a check: an earlier process may have emitted it and died before recording that. */
export async function isTold(service: JobService, known: KnownCheck, event: string): Promise<boolean> {
  const { check, client, sinceMs, untold } = known;
  await using reader = service.watch({ from: (untold?.afterSeq ?? 0) + 1 });
  for (;;) {
    const { promise: quiet, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), quietMs);
    try {
      const next = await Promise.race([reader.next(), quiet]);
      if (!next || next.done) return false;
      const { value } = next;
      const facts = value.type === 'plugin' && value.event === event ? value.facts : {};
      if (facts.check === check && facts.client === client && facts.sinceMs === sinceMs) return true;
    } catch {
      // The log does not reach back that far: the change was emitted long ago, or is no longer relevant.
      return true;
    } finally {
      clearTimeout(timer);
    }
  }
}
