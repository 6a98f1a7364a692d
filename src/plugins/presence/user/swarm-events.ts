/** Told what happens to the users of a swarm. */
export interface SwarmEvents {
  /** How many are connected now. @param error why one is not any more. */
  connected(users: number, error?: Error): void;
  /** A ping has come, so long after the one before. */
  pinged(sinceMs: number | undefined): void;
}
