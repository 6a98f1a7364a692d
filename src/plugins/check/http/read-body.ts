import type { IncomingMessage } from 'node:http';
import { type Duplex, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { CheckFault } from './check-fault.ts';

/** Value of Accept-Encoding. Other known encodings are decompressed too. */
export const acceptedEncodings = 'gzip, br';

const decoders: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/**
 * Reads the body of a response and decompresses it.
 * @param options.limitBytes limit of the received bytes, and of the decompressed ones
 * @param options.keeps whether to return the body, not only count its bytes
 * @throws CheckFault, and errors of the sockets
 */
export async function readBody(
  response: IncomingMessage,
  options: { limitBytes: number; signal: AbortSignal; keeps: boolean; onBytes: (bytes: number) => void },
): Promise<Buffer> {
  const { limitBytes, signal, keeps, onBytes } = options;
  const chunks: Buffer[] = [];
  let received = 0;
  let bytes = 0;
  const tooLarge = () => new CheckFault('body_too_large', `the body is over ${limitBytes} bytes`);
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      done(received > limitBytes ? tooLarge() : null, chunk);
    },
  });
  const keeping = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      onBytes(bytes);
      if (keeps) chunks.push(chunk);
      done(bytes > limitBytes ? tooLarge() : null);
    },
  });
  try {
    await pipeline([response, counting, ...decodersOf(response), keeping], { signal });
  } catch (error) {
    const isDecoders =
      error instanceof Error && 'code' in error && /^(?:Z_|ERR_?_|ZSTD_|ERR_BROTLI)/.test(String(error.code));
    // An empty body is valid in every encoding.
    if (isDecoders && response.complete && received === 0) return Buffer.alloc(0);
    throw isDecoders ? new CheckFault('bad_encoding', 'the body cannot be decompressed', { cause: error }) : error;
  }
  return joined(chunks, keeps ? bytes : 0);
}

/** In memory that the threads of patterns share, so that none needs a copy. */
function joined(chunks: readonly Buffer[], bytes: number): Buffer {
  const body = Buffer.from(new SharedArrayBuffer(bytes));
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(body, at);
  return body;
}

function decodersOf(response: IncomingMessage): Duplex[] {
  const encodings = (response.headers['content-encoding'] ?? '')
    .split(',')
    .map((encoding) => encoding.trim().toLowerCase())
    .filter((encoding) => encoding !== '' && encoding !== 'identity');
  if (encodings.length > 2) throw new CheckFault('bad_encoding', 'the body is compressed more than twice');
  return encodings.reverse().map((encoding) => {
    const create = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
    if (!create) throw new CheckFault('bad_encoding', 'the body has an unknown content encoding');
    return create();
  });
}
