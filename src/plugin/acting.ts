/** Whether actors may still act: what an actor has started can continue for days, and on the next server. */
export interface Acting {
  /**
   * Why nothing more is done for an actor, in a sentence; undefined while it may act. A removed actor does not come
   * back.
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
