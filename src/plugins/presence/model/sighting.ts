/** The newest pong by which a user is online. */
export interface Sighting {
  readonly userId: string;
  /** By the monotonic clock of this process. */
  readonly atMs: number;
}
