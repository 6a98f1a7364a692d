/**
 * Who may still act. What was begun for somebody can go on for days, and in the next server: it must neither go on when
 * that actor is gone, nor for another one of the same name.
 */
export interface Acting {
  /** Tells an actor from a later one of the same name. Undefined for one that never goes, and for one that is gone. */
  idOf(actor: string): string | undefined;
  /**
   * Why nothing more is done for an actor, in a sentence; undefined while it may act.
   * @param id what `idOf` said when it began.
   */
  goneReason(actor: string, id: string | undefined): string | undefined;
  /** Is called whenever somebody may act no more. */
  onGone(listener: () => void): Disposable;
}
