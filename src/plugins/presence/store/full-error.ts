/** A store in memory knows as many users of the window as it may: others wait until some have left it. */
export class FullError extends Error {
  constructor(maxUsers: number) {
    super(`there is room for ${maxUsers} users of the last 3 minutes; a store in PostgreSQL holds more`);
  }
}
