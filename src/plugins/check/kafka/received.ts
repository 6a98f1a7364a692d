/** A message as received. */
export interface Received {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Timestamp of the message, set by the producer or the broker, since the epoch. */
  readonly sentAtMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}
