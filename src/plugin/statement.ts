/** A word of a line, without its quotes. */
export interface Word {
  readonly text: string;
  /**
   * Whether any part was quoted or escaped, which keeps a word from being an option. In `--name=value` only
   * the part up to `=` counts, so that `--name="a b"` is one.
   */
  readonly quoted: boolean;
  /** Where it stands in its line, in UTF-16 units from 0; `end` is the first one after. */
  readonly start: number;
  readonly end: number;
}

/** What stands between two `;` of a line. */
export interface Statement {
  /** Names, globs or `all`, as typed; undefined where none were. */
  readonly targets: readonly string[] | undefined;
  /** At least one: the first is the command or the builtin. */
  readonly words: readonly Word[];
  /** As typed, targets included. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Where a line stands. */
export interface Place {
  /** `standard input`, `-c`, a file's path, `prompt`. */
  readonly source: string;
  readonly line: number;
  readonly text: string;
}
