/** A message of a stream in the Connect protocol, or the end of the stream, which is JSON. */
export interface Frame {
  readonly isEnd: boolean;
  readonly data: Uint8Array;
}

const headLength = 5;
const endFlag = 2;

/** Adds the head of a message in a stream: no flags, and its length. */
export function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(headLength);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Splits a stream of bytes into frames. An incomplete frame is omitted. */
export async function* framesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    rest.push(chunk);
    length += chunk.length;
    if (length < headLength || length < headLength + lengthOf(rest)) continue;
    let bytes = Buffer.concat(rest);
    while (bytes.length >= headLength) {
      const end = headLength + bytes.readUInt32BE(1);
      if (bytes.length < end) break;
      yield { isEnd: ((bytes[0] ?? 0) & endFlag) !== 0, data: bytes.subarray(headLength, end) };
      bytes = bytes.subarray(end);
    }
    rest = [bytes];
    length = bytes.length;
  }
}

/** The length in the head. */
function lengthOf(chunks: readonly Buffer[]): number {
  const [first] = chunks;
  const head = first && first.length >= headLength ? first : Buffer.concat(chunks);
  return head.readUInt32BE(1);
}
