/** How much is written of what the other side brings about by itself: `burst` of each source in `windowMs`. */

/** What went wrong: nobody needs each of a thousand. */
export const wrongs = { burst: 5, windowMs: 10_000, maxSources: 100 };
/** Who comes and goes: all of a fleet that starts; of one who does nothing else, some. */
export const visits = { burst: 100, windowMs: 600_000, maxSources: 10_000 };
/** What is said of jobs that another server began: a client can bring so many with it. */
export const adoptions = { burst: 12_000, windowMs: 600_000, maxSources: 10_000 };
/** Refusals in the log: each once, then how many there were, as `watch` tells them. */
export const repeatedRefusals = { burst: 1, windowMs: 10_000, maxSources: 100 };
