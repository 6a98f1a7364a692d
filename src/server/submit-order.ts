/** Keeps the submissions of each actor in the order in which they were made, however long what stands before each takes. */
export class SubmitOrder {
  /** Of actors with submissions under way: when the last of these is over. */
  private readonly last = new Map<string, Promise<void>>();

  /** `isMine`: resolves when all earlier submissions of the actor are over. `done` must be called when this one is. */
  next(actor: string): { isMine: Promise<void>; done: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const isMine = this.last.get(actor) ?? Promise.resolve();
    const over = Promise.all([isMine, promise]).then(() => {
      if (this.last.get(actor) === over) this.last.delete(actor);
    });
    this.last.set(actor, over);
    return { isMine, done: resolve };
  }
}
