import type { ServerHttp2Stream } from 'node:http2';

/** Destroys a stream that is still open after this time, because its peer does not send or read. */
export function destroyAfter(stream: ServerHttp2Stream, ms: number): void {
  if (stream.destroyed) return;
  const timer = setTimeout(() => stream.destroy(), ms);
  stream.once('close', () => clearTimeout(timer));
}
