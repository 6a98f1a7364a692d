import { Code, ConnectError } from '@connectrpc/connect';
import { presenceLimits } from '../model/limits.ts';

const headBytes = 5;

/** Splits a gRPC stream into messages. A frame has a flag, a length of 4 bytes, and the message. */
export class GrpcFrames {
  private rest: Buffer | undefined;

  /** Whether a message is incomplete. */
  get isWithin(): boolean {
    return this.rest !== undefined;
  }

  /** The messages that these bytes complete. @throws ConnectError for a message that is compressed or too large */
  take(bytes: Buffer): Buffer[] {
    let data = this.rest ? Buffer.concat([this.rest, bytes]) : bytes;
    const messages: Buffer[] = [];
    while (data.length >= headBytes) {
      if (data[0] !== 0) throw new ConnectError('a message is compressed', Code.Unimplemented);
      const length = data.readUInt32BE(1);
      if (length > presenceLimits.maxMessageBytes) {
        const most = `${presenceLimits.maxMessageBytes} bytes`;
        throw new ConnectError(`a message has ${length} bytes, more than ${most}`, Code.ResourceExhausted);
      }
      if (data.length < headBytes + length) break;
      messages.push(data.subarray(headBytes, headBytes + length));
      data = data.subarray(headBytes + length);
    }
    // A copy, so that a small rest does not keep a large chunk in memory.
    this.rest = data.length > 0 ? Buffer.from(data) : undefined;
    return messages;
  }
}
