/** Bounds of records that peers can trigger: `burst` of each source in `windowMs`. */

/** Failures: a few of each source are enough. */
export const wrongs = { burst: 5, windowMs: 10_000, maxSources: 100 };
/** Connections: every client of a starting fleet, but not every one of a client that reconnects forever. */
export const visits = { burst: 100, windowMs: 600_000, maxSources: 10_000 };
/** Jobs of other servers: a client can bring this many. */
export const adoptions = { burst: 12_000, windowMs: 600_000, maxSources: 10_000 };
/** Refusals in the log: each once, then a count, as in `watch`. */
export const repeatedRefusals = { burst: 1, windowMs: 10_000, maxSources: 100 };
