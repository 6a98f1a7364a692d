/** A store in memory has reached its limit of users. Further users wait until others leave the window. */
export class FullError extends Error {
  constructor(maxUsers: number) {
    super(`there is room for ${maxUsers} users of the last 3 minutes; a store in PostgreSQL holds more`);
  }
}
