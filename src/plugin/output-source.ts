import type { Stream } from '../../schemas/index.ts';

/**
 * A piece of output, at the offset where the previous piece of its stream ended. A `gap` is bytes that were dropped
 * before they were read.
 */
export type OutputPiece = { readonly stream: Stream; readonly offset: number } & (
  | { readonly type: 'data'; readonly data: Uint8Array }
  | { readonly type: 'gap'; readonly bytes: number }
);

/** Output that is stored outside the client and can be read from any offset, repeatedly. */
export interface OutputSource {
  /** Yields both streams from these offsets, in display order, until both have ended or `signal` aborts. */
  output(options: {
    readonly from: Readonly<Record<Stream, number>>;
    readonly maxBytes: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<OutputPiece>;
  /** Offset after the last byte so far. */
  end(stream: Stream): number;
  /** A server has received this stream up to `offset`, so earlier bytes may be discarded. */
  taken?(stream: Stream, offset: number): void;
  /** Why output is missing; undefined if none is. */
  error?(): string | undefined;
  /** Releases the source. It is no longer read. */
  dispose(): void;
}
