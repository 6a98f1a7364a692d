/** Receives the events of a swarm. */
export interface SwarmEvents {
  /** The number of connected users changed. @param error why a user lost its connection */
  connected(users: number, error?: Error): void;
  /** A user received a ping. @param sinceMs time since its previous ping; undefined for the first one */
  pinged(sinceMs: number | undefined): void;
}
