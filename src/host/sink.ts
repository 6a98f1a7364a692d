/** A destination of text; `write` rejects when the other end is gone. */
export interface Sink {
  /** @param outcomes number of outcomes in the text, so that a sink that drops it can report how many. */
  write(text: string, outcomes?: number): Promise<void>;
}
