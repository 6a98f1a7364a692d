/** A word of a line, without its quotes. */
export interface Word {
  readonly text: string;
  /**
   * Whether any part was quoted or escaped, which keeps a word from being an option. In `--name=value` only
   * the part up to `=` counts, so that `--name="a b"` is one.
   */
  readonly quoted: boolean;
  /** Position in its line, in UTF-16 units from 0; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

/** A part of a line between two `;`. */
export interface Statement {
  /** The parts of its target, as typed: `web-*+env=prod`, `!w7`; undefined if it has none. */
  readonly targets: readonly string[] | undefined;
  /** At least one: the first is the command or the builtin. */
  readonly words: readonly Word[];
  /** As typed, targets included. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Position of a line. */
export interface Place {
  /** `standard input`, `-c`, a file's path, `prompt`. */
  readonly source: string;
  readonly line: number;
  readonly text: string;
}
