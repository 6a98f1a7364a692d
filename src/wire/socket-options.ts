import { limits } from '../../schemas/index.ts';

/** What the sockets of both sides have in common: a send never waits, and no queue grows past a few frames. */
export const socketOptions = {
  linger: 0,
  sendTimeout: 0,
  sendHighWaterMark: 256,
  receiveHighWaterMark: 256,
  maxMessageSize: limits.maxMessageBytes,
  handshakeInterval: limits.handshakeMs,
} as const;
