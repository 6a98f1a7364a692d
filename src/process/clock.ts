/** Milliseconds of a monotonic clock with an arbitrary start. */
export const monotonicMs = (): number => performance.now();
