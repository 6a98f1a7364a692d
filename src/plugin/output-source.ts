import type { Stream } from '../../schemas/index.ts';

/** A piece of output, at the offset where the one before of its stream ended. A `gap` is bytes that were dropped before they were read. */
export type OutputPiece = { readonly stream: Stream; readonly offset: number } & (
  | { readonly type: 'data'; readonly data: Uint8Array }
  | { readonly type: 'gap'; readonly bytes: number }
);

/** Output that is kept elsewhere, and can be read from any offset as often as it is asked for. */
export interface OutputSource {
  /** Both streams from `from` on, in the order in which they are to be shown, until both have ended or `signal` aborts. */
  output(options: {
    readonly from: Readonly<Record<Stream, number>>;
    readonly maxBytes: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<OutputPiece>;
  /** Offset behind the last byte so far. */
  end(stream: Stream): number;
  /** A server has written out this stream up to `offset`: the bytes before it may go where there is no room. */
  taken?(stream: Stream, offset: number): void;
  /** Why output is missing, where some is. */
  error?(): string | undefined;
  /** Nobody will ask for it any more. */
  dispose(): void;
}
