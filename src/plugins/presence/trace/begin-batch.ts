import type { Tracer, TraceSpan } from '../../../index.ts';
import type { Sighting } from '../model/sighting.ts';

/** Begins the span of a batch of a gateway, with the number of users and the age of their pongs. */
export function beginBatch(
  tracer: Tracer,
  rows: readonly Sighting[],
  { nowMs, connections }: { nowMs: number; connections: number },
): TraceSpan {
  let [oldestMs, newestMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { atMs } of rows) {
    if (atMs < oldestMs) oldestMs = atMs;
    if (atMs > newestMs) newestMs = atMs;
  }
  return tracer.begin('presence batch', {
    attributes: {
      'signalbox.presence.users': rows.length,
      'signalbox.presence.connections': connections,
      ...(rows.length > 0 && {
        'signalbox.presence.oldest_ms': Math.round(nowMs - oldestMs),
        'signalbox.presence.newest_ms': Math.round(nowMs - newestMs),
      }),
    },
  });
}
