import type { FromServer } from '../../../schemas/index.ts';
import { encodeFrame, encodeMessage } from '../../../src/wire/encode-frame.ts';

/** A ping in Signalbox's encoding: the other contenders send and echo it. */
export const pingMessage: FromServer = {
  type: 'command',
  id: 1_234_567,
  name: 'ping',
  args: {},
  sentMs: 123_456.789,
};

export const payload: Buffer = encodeFrame([encodeMessage(pingMessage)]);
