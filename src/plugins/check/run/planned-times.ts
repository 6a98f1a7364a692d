import { createHash } from 'node:crypto';

/**
 * Planned times lie on a fixed grid: a late check does not move them. Each name has its own offset, which spreads checks
 * with the same period over it.
 */
export function offsetOf(name: string, everyMs: number): number {
  return createHash('sha256').update(name).digest().readUInt32BE() % everyMs;
}

/** Number of planned times after the first time, up to and including the second. */
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
