/** A completion of a word. */
export interface Candidate {
  readonly text: string;
  /** Short description. */
  readonly about: string;
}
