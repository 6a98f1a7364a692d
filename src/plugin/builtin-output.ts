import type { Event } from './observer.ts';

/** A table: rows of facts, and for people how each column is headed and written. */
export interface Table<Row extends object = object> {
  /** The `type` of each row in JSON. */
  readonly type: string;
  readonly rows: readonly Row[];
  readonly columns: readonly {
    readonly heading: string;
    readonly cell: (row: Row) => string;
    /** Whether a narrow screen may shorten the cells of this column. */
    readonly shrinks?: boolean;
  }[];
  /** Text for people when there are no rows. */
  readonly empty: string;
  /** What people are told after the rows. */
  readonly note?: string | undefined;
}

/** Output kept for a job. */
export type KeptOutput = Omit<Extract<Event, { type: 'job.output' }>, 'type' | 'atMs' | 'actor'>;

/** The output of a builtin: text for people or JSON for programs. */
export interface BuiltinOutput {
  /** Width of the screen in columns. Undefined: lines may have any length. */
  readonly columns?: number | undefined;
  /** Prints an answer. `facts` is the same answer for programs. */
  say(text: string, facts: object): void;
  table<Row extends object>(table: Table<Row>): void;
  /** Prints a note for a person at the prompt; scripts do not show it. */
  note(text: string): void;
  /** Prints output again that may have been shown before. */
  replay(output: KeptOutput): void;
}
