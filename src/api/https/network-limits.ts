import { apiLimits } from '../api-limits.ts';

/**
 * Bounds of the API over https; docs/limits.md says what happens at each. A stranger is a connection on which nobody has
 * signed in yet.
 */
export const networkLimits = {
  ...apiLimits,
  /** Connections that are no strangers. */
  maxConnections: 512,
  /** Calls at a time of a connection of HTTP/2. */
  maxStreams: 128,
  maxStrangers: 256,
  maxStrangersOfAddress: 64,
  /** Connections a minute of an address that remain strangers. */
  maxStrangersAMinute: 300,
  /** Tokens and certificates a minute of an address that open nothing. */
  maxFailedSignInsAMinute: 30,
  /** Of a stranger: then it is cut off. */
  maxFailuresOfConnection: 100,
  /** Addresses whose numbers a minute are known; the one that was silent longest is forgotten. */
  maxAddresses: 10_000,
  /** Handshakes that begin in one turn of the event loop. */
  handshakesATurn: 4,
  handshakeMs: 10_000,
  /** How long a connection stays without a call. */
  idleMs: 300_000,
};

export type NetworkLimits = Readonly<typeof networkLimits>;
