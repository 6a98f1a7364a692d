/** The newest pong of a user that is online. */
export interface Sighting {
  readonly userId: string;
  /** Time on the monotonic clock of this process. */
  readonly atMs: number;
}
