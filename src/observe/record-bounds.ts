/** Limits of records that peers can trigger: `burst` per source in `windowMs`. */

/** Failures: a few per source are enough. */
export const wrongs = { burst: 5, windowMs: 10_000, maxSources: 100 };
/** Connections: enough for every client of a starting fleet, but not for a client that reconnects in a loop. */
export const visits = { burst: 100, windowMs: 600_000, maxSources: 10_000 };
/** Jobs of other servers: the maximum that a client can bring. */
export const adoptions = { burst: 12_000, windowMs: 600_000, maxSources: 10_000 };
/** Refusals in the log: the first of each, then a count, as in `watch`. */
export const repeatedRefusals = { burst: 1, windowMs: 10_000, maxSources: 100 };
