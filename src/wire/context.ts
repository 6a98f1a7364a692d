import { context } from 'zeromq';

// 1023 is too few for a test of thousands of clients in one process; each of them takes two.
context.maxSockets = 16_384;

/** For sockets without keys: those with keys have a context, and in it a ZAP handler, of their own. */
export const plainContext = context;
