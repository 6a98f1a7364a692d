import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Frames of HTTP/2, written by hand. https://www.rfc-editor.org/rfc/rfc9113 */
export const types = {
  data: 0,
  headers: 1,
  rst: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;
export const flags = { none: 0, ack: 1, endStream: 1, endHeaders: 4 } as const;

export function frame(type: number, flag: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flag;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header field in HPACK without indexing: names and values have up to 126 bytes. */
export const field = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.of(0, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]);

/** The headers of a call of `Gateway.Connect`. */
export const callHeaders = (userId: string): Buffer =>
  Buffer.concat([
    Buffer.of(0x83, 0x86),
    ...[field(':path', '/tenten.interview.Gateway/Connect'), field(':authority', 'x')],
    ...[field('content-type', 'application/grpc'), field('te', 'trailers'), field('user-id', userId)],
  ]);

/** A connection that has sent its preface, and reads nothing until the test says so. */
export async function openRaw(address: string): Promise<Socket> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => {});
  socket.pause();
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(frame(types.settings, flags.none, 0));
  return socket;
}
