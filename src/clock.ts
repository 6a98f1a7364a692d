/** Milliseconds of a clock that only goes forward, from an arbitrary start. Never compared between machines. */
export const monotonicMs = (): number => performance.now();
