/** Where text goes: `write` rejects when the other end is gone. */
export interface Sink {
  /** @param outcomes how many outcomes the text tells: a sink that drops it says how many it has dropped. */
  write(text: string, outcomes?: number): Promise<void>;
}
