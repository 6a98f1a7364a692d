/** Milliseconds of a clock that only goes forward, from an arbitrary start. */
export const monotonicMs = (): number => performance.now();
