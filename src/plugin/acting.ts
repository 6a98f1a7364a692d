/** Whether actors may still act. Work that an actor has started can continue for days, and on the next server. */
export interface Acting {
  /**
   * Why the actor may no longer act, as a sentence; undefined while it may. A removed actor does not come back.
   */
  goneReason(actor: string): string | undefined;
  /** Calls `listener` whenever an actor is removed. */
  onGone(listener: () => void): Disposable;
}

/** For a server without operators: everybody may always act. */
export const everybodyActs: Acting = {
  goneReason: () => undefined,
  onGone: () => ({ [Symbol.dispose]() {} }),
};
