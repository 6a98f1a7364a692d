import type { JobService } from '../../../index.ts';
import type { KnownCheck } from './known-check.ts';

/** How long the log may take for its next event before it counts as read. */
const quietMs = 1_000;

/** Whether the log of events has this change of a check: an earlier process may have told it and died before it could note that. */
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
      // The log does not reach back so far: it was told long ago, or nobody would care by now.
      return true;
    } finally {
      clearTimeout(timer);
    }
  }
}
