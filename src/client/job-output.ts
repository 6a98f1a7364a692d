import { type FromClient, type Offsets, type Stream, streams } from '../../schemas/index.ts';

export type Send = (message: FromClient) => void;

/** The output of one job on its way to the server: on credit, while a session is attached, from where that one asked for. */
export interface JobOutput {
  attach(send: Send, from: Offsets): void;
  detach(): void;
  /** The server has this stream up to `offset`. */
  acked(stream: Stream, offset: number): void;
  /** Whether all that there is has been sent to the session. */
  readonly isDrained: boolean;
  /** How much there has been, by stream; streams without any are left out. */
  readonly offsets: Offsets;
  /** How much of it any server has acked, in the same form. */
  readonly taken: Offsets;
  /** Why output is missing, where some is. */
  readonly error: string | undefined;
  dispose(): void;
}

/** Offsets by stream, without those that are 0. */
export function offsetsOf(offset: (stream: Stream) => number): Offsets {
  const offsets: Offsets = {};
  for (const stream of streams) if (offset(stream) > 0) offsets[stream] = offset(stream);
  return offsets;
}
