/** Milliseconds of a monotonic clock with an arbitrary start. Do not compare them between machines. */
export const monotonicMs = (): number => performance.now();

/** A longer gap in the clock means that this process was stopped or blocked, so its peers are not blamed for it. */
export const forgivenGapMs = 1_000;
