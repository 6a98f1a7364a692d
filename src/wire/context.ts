import { Context } from 'zeromq';

/**
 * The ZeroMQ context of sockets without keys. Sockets with keys have their own context with their own ZAP handler.
 * zeromq's default context belongs to the program that embeds this library and is not used. The default of 1,023 sockets
 * is too few for thousands of clients in one process, each of which uses two.
 */
export const plainContext = new Context({ maxSockets: 16_384 });
