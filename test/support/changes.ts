/** Waits for the effects of callbacks. */
export class Changes {
  private readonly looks = new Set<() => void>();

  /** Call it after each change. */
  readonly tell = (): void => {
    for (const look of this.looks) look();
  };

  /** Resolves with the result of `find`, now or after a change: anything except `undefined` and `false`. */
  async until<Found>(find: () => Found): Promise<Exclude<Found, undefined | false>> {
    const { promise, resolve } = Promise.withResolvers<Exclude<Found, undefined | false>>();
    const look = () => {
      const found = find();
      if (found !== undefined && found !== false) resolve(found as Exclude<Found, undefined | false>);
    };
    this.looks.add(look);
    look();
    return await promise.finally(() => this.looks.delete(look));
  }
}
