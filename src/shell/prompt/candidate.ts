/** What a word can become. */
export interface Candidate {
  readonly text: string;
  /** What it is, in a few words. */
  readonly about: string;
}
