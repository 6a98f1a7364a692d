/** A message as it came. */
export interface Received {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** By the producer or the broker, since the epoch. */
  readonly sentAtMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}
