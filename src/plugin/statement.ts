/** A word of a line, without its quotes. */
export interface Word {
  readonly text: string;
  /**
   * Whether any part of it was quoted or escaped, which prevents it from being an option. In `--name=value` only the
   * part before `=` counts, so `--name="a b"` is an option.
   */
  readonly quoted: boolean;
  /** Position in its line, in UTF-16 units from 0; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

/** A part of a line, separated by `;`. */
export interface Statement {
  /** The parts of its target as typed: `web-*+env=prod`, `!w7`. Undefined if it has none. */
  readonly targets: readonly string[] | undefined;
  /** At least one: the first is the command or the builtin. */
  readonly words: readonly Word[];
  /** The statement as typed, including its target. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The position of a line. */
export interface Place {
  /** `standard input`, `-c`, the path of a file, or `prompt`. */
  readonly source: string;
  readonly line: number;
  readonly text: string;
}
