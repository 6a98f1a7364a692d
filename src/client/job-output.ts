import { type FromClient, type Message, type Offsets, type Stream, streams } from '../../schemas/index.ts';

export type Send = (message: FromClient) => void;

/** The id of a job in the messages of a session. */
export type MessageId = Message<FromClient, 'accepted'>['id'];

/** Sends the output of one job to the attached session, within its credit, starting at the requested offsets. */
export interface JobOutput {
  attach(session: { readonly send: Send; readonly id: MessageId; readonly from: Offsets }): void;
  detach(): void;
  /** The server has received this stream up to `offset`. */
  acked(stream: Stream, offset: number): void;
  /** Whether all output has been sent to the session. */
  readonly isDrained: boolean;
  /** Bytes written per stream; empty streams are omitted. */
  readonly offsets: Offsets;
  /** Bytes acked by any server, in the same form. */
  readonly taken: Offsets;
  /** Why output is missing; undefined if none is. */
  readonly error: string | undefined;
  dispose(): void;
}

/** Non-zero offsets per stream. */
export function offsetsOf(offset: (stream: Stream) => number): Offsets {
  const offsets: Offsets = {};
  for (const stream of streams) if (offset(stream) > 0) offsets[stream] = offset(stream);
  return offsets;
}
