/** Waiting for what callbacks bring about. */
export class Changes {
  private readonly looks = new Set<() => void>();

  /** To be called after each change. */
  readonly tell = (): void => {
    for (const look of this.looks) look();
  };

  /** Resolves with what `find` finds, now or after a change: anything but `undefined` and `false`. */
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
