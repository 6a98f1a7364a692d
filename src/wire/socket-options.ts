import { limits } from '../../schemas/index.ts';

/** Options of the sockets of both sides: sending never blocks, and queues are limited to a few frames. */
export const socketOptions = {
  linger: 0,
  sendTimeout: 0,
  sendHighWaterMark: 256,
  receiveHighWaterMark: 256,
  // libzmq drops the connection without a reason, so slightly longer frames are accepted here and refused with a reason.
  maxMessageSize: limits.maxTransportBytes,
  handshakeInterval: limits.handshakeMs,
} as const;
