import type { Event } from './observer.ts';

/** A table: rows of facts, and for people the heading and text of each column. */
export interface Table<Row extends object = object> {
  /** The `type` of each row in JSON. */
  readonly type: string;
  readonly rows: readonly Row[];
  readonly columns: readonly {
    readonly heading: string;
    readonly cell: (row: Row) => string;
    /** Whether cells of this column may be shortened on a narrow screen. Default: false. */
    readonly shrinks?: boolean;
  }[];
  /** Text for people if there are no rows. */
  readonly empty: string;
  /** Text for people after the rows. Default: none. */
  readonly note?: string | undefined;
}

/** A retained piece of a job's output. */
export type KeptOutput = Omit<Extract<Event, { type: 'job.output' }>, 'type' | 'atMs' | 'actor'>;

/** The output of a builtin: text for people, or JSON for programs. */
export interface BuiltinOutput {
  /** Width of the screen in columns. Undefined: lines may have any length. */
  readonly columns?: number | undefined;
  /** Prints an answer. `facts` is the same answer for programs. */
  say(text: string, facts: object): void;
  /** Prints a table. */
  table<Row extends object>(table: Table<Row>): void;
  /** Prints a note for the person at a prompt. Scripts do not show it. */
  note(text: string): void;
  /** Prints retained output, even if it has been shown before. */
  replay(output: KeptOutput): void;
}
