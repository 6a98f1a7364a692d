import { limits } from '../../schemas/index.ts';

/** What the sockets of both sides have in common: a send never waits, and no queue grows past a few frames. */
export const socketOptions = {
  linger: 0,
  sendTimeout: 0,
  sendHighWaterMark: 256,
  receiveHighWaterMark: 256,
  // libzmq cuts the connection without a word: what is a little too long is refused instead, with the reason.
  maxMessageSize: limits.maxTransportBytes,
  handshakeInterval: limits.handshakeMs,
} as const;
