/** Keeps the submissions of each actor in the order of their calls, regardless of how long interceptors take. */
export class SubmitOrder {
  /** By actor: resolves when the latest submission of the actor has finished. */
  private readonly last = new Map<string, Promise<void>>();

  /** Whether a submission of the actor is in progress. */
  isBusy(actor: string): boolean {
    return this.last.has(actor);
  }

  /** `isMine` resolves when all earlier submissions of the actor have finished. Call `done` when this one has. */
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
