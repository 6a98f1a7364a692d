/** Milliseconds of a clock that only goes forward, from an arbitrary start. Never compared between machines. */
export const monotonicMs = (): number => performance.now();

/** A longer gap in the clock of this process, stopped or blocked, is held against nobody else. */
export const forgivenGapMs = 1_000;
