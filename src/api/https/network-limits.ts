import { apiLimits } from '../api-limits.ts';

/**
 * Limits of the API over https. docs/limits.md describes the effect of each. A stranger is a connection on which nobody
 * has signed in yet.
 */
export const networkLimits = {
  ...apiLimits,
  /** Number of connections that are not strangers. */
  maxConnections: 512,
  /** Number of concurrent calls per connection of HTTP/2. */
  maxStreams: 128,
  maxStrangers: 256,
  maxStrangersOfAddress: 64,
  /** New connections per minute and address that remain strangers. */
  maxStrangersAMinute: 300,
  /** Invalid tokens and certificates per minute and address. */
  maxFailedSignInsAMinute: 30,
  /** Failures after which a stranger is disconnected. */
  maxFailuresOfConnection: 100,
  /** Number of addresses with recorded rates. The least recently active address is forgotten. */
  maxAddresses: 10_000,
  /** Number of handshakes that start in one turn of the event loop. */
  handshakesATurn: 4,
  handshakeMs: 10_000,
  /** Time after which a connection without a call is closed. */
  idleMs: 300_000,
};

export type NetworkLimits = Readonly<typeof networkLimits>;
