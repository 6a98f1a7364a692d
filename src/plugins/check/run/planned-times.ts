import { createHash } from 'node:crypto';

/**
 * Planned times lie on a grid that is fixed in time: a check that comes late moves none of them. Each name has an offset of its own,
 * so that many checks with one period are spread over it.
 */
export function offsetOf(name: string, everyMs: number): number {
  return createHash('sha256').update(name).digest().readUInt32BE() % everyMs;
}

/** How many planned times lie after one time, and not after the other. */
export function plannedBetween(
  [afterMs, untilMs]: readonly [number, number],
  everyMs: number,
  offsetMs: number,
): number {
  const before = (ms: number) => Math.floor((ms - offsetMs) / everyMs);
  return Math.max(0, before(untilMs) - before(afterMs));
}

/** The first planned time after a time. */
export function nextPlanned(afterMs: number, everyMs: number, offsetMs: number): number {
  return (Math.floor((afterMs - offsetMs) / everyMs) + 1) * everyMs + offsetMs;
}
