import { Context } from 'zeromq';

/**
 * For sockets without keys: those with keys have a context, and in it a ZAP handler, of their own. zeromq's own context
 * belongs to the program that uses this library, and stays as it is. The default of 1023 sockets is too few for
 * thousands of clients in one process; each of them takes two.
 */
export const plainContext = new Context({ maxSockets: 16_384 });
