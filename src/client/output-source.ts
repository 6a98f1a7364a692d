import type { Stream } from '../../schemas/index.ts';

/** A piece of output, each at the offset where the one before ended. A `gap` is bytes that were dropped before they were read. */
export type OutputPiece =
  | { readonly type: 'data'; readonly offset: number; readonly data: Uint8Array }
  | { readonly type: 'gap'; readonly offset: number; readonly bytes: number };

/** Output that is kept elsewhere, and can be read from any offset as often as it is asked for. */
export interface OutputSource {
  /** From `from` on, waiting where there is nothing yet, until the stream has ended or `signal` aborts. */
  output(options: {
    readonly stream: Stream;
    readonly from: number;
    readonly maxBytes: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<OutputPiece>;
  /** Offset behind the last byte so far. */
  end(stream: Stream): number;
  /** Nobody will ask for it any more. */
  dispose(): void;
}
