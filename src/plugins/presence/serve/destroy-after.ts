import type { ServerHttp2Stream } from 'node:http2';

/** Ends a stream that is still there after a time: its peer sends, or takes, nothing. */
export function destroyAfter(stream: ServerHttp2Stream, ms: number): void {
  if (stream.destroyed) return;
  const timer = setTimeout(() => stream.destroy(), ms);
  stream.once('close', () => clearTimeout(timer));
}
