/** Who may still act: what was begun for somebody can go on for days, and in the next server. */
export interface Acting {
  /** Why nothing more is done for an actor, in a sentence; undefined while it may act. One that is gone does not come back. */
  goneReason(actor: string): string | undefined;
  /** Is called whenever somebody may act no more. */
  onGone(listener: () => void): Disposable;
}

/** Where there are no operators: everybody may act for ever. */
export const everybodyActs: Acting = {
  goneReason: () => undefined,
  onGone: () => ({ [Symbol.dispose]() {} }),
};
