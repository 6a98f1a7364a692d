import { Code, ConnectError } from '@connectrpc/connect';
import { presenceLimits } from '../model/limits.ts';

const headBytes = 5;

/** Takes the messages of gRPC apart: a flag, a length of 4 bytes, and so many bytes. */
export class GrpcFrames {
  private rest: Buffer | undefined;

  /** Whether a message has begun and not ended. */
  get isWithin(): boolean {
    return this.rest !== undefined;
  }

  /** The messages that are whole with these bytes. @throws ConnectError for one that is compressed or too large. */
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
    // A copy: the piece that it is of may be much larger.
    this.rest = data.length > 0 ? Buffer.from(data) : undefined;
    return messages;
  }
}
