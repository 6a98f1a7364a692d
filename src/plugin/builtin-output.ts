import type { Event } from './observer.ts';

/** A table: rows of facts, and for people how each column is headed and written. */
export interface Table<Row extends object = object> {
  /** The `type` of each row in JSON. */
  readonly type: string;
  readonly rows: readonly Row[];
  readonly columns: readonly {
    readonly heading: string;
    readonly cell: (row: Row) => string;
    /** Whether what it says may be shortened on a narrow screen. */
    readonly shrinks?: boolean;
  }[];
  /** For people, where there are no rows. */
  readonly empty: string;
}

/** Output that is kept of a job. */
export type KeptOutput = Omit<Extract<Event, { type: 'job.output' }>, 'type' | 'atMs' | 'actor'>;

/** What a builtin says, in text for people or in JSON for programs. */
export interface BuiltinOutput {
  /** How wide the screen is that it is shown on. Undefined where a line may be as long as it likes. */
  readonly columns?: number | undefined;
  /** An answer in words. `facts` are the same for programs. */
  say(text: string, facts: object): void;
  table<Row extends object>(table: Table<Row>): void;
  /** What a person at the prompt wants to know and a script does not. */
  note(text: string): void;
  /** Output that may have been shown before: shown as it is, whatever is still to come. */
  replay(output: KeptOutput): void;
}
