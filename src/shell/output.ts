import type { JobGroup, Outcome, ServerEvent, SignalboxError } from '../index.ts';
import type { BroadcastReport } from './broadcast.ts';
import type { ExitCode } from './exit-code.ts';

/** A table: rows of facts, and for people how each column is headed and written. */
export interface Table<Row extends object = object> {
  /** The `type` of each row in JSON. */
  readonly type: string;
  readonly rows: readonly Row[];
  readonly columns: readonly { readonly heading: string; readonly cell: (row: Row) => string }[];
  /** For people, where there are no rows. */
  readonly empty: string;
}

/** Where in a script a line stands. */
export interface Place {
  /** `standard input`, `-c`, a file's path. */
  readonly source: string;
  readonly line: number;
  readonly text: string;
}

/** What has become of the jobs of a script when it ends. */
export interface Ending {
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Those without an outcome: it was cut short. */
  readonly unfinished: number;
}

/** What the shell has to say, in text for people or in JSON for programs. */
export interface Output {
  /** How wide the screen is that it is shown on. Undefined where a line may be as long as it likes. */
  readonly columns?: number | undefined;
  /** Where it returns a promise: resolves when the event has left this process, rejects when it cannot. */
  event(event: ServerEvent): void | Promise<void>;
  /** A command was sent. */
  sent(group: JobGroup): void;
  /** Output that was kept, and may have been shown before: shown as it is, whatever is still to come. */
  replay(event: Extract<ServerEvent, { type: 'output' }>): void;
  table<Row extends object>(table: Table<Row>): void;
  /** An answer in words: `help`, what `use` is set to. `facts` are the same for programs. */
  say(text: string, facts: object): void;
  /** What became of a command for several clients, when it has ended on all of them or when nobody waits any longer. */
  group(report: BroadcastReport): void;
  /** What a person at the prompt wants to know and a script does not. */
  note(text: string): void;
  error(error: SignalboxError, place?: Place): void;
  summary(tally: Ending, exitCode: ExitCode): void;
  /** Resolves when all has been written. */
  flush(): Promise<void>;
}

/** Where text goes: `write` rejects when the other end is gone. */
export interface Sink {
  write(text: string): Promise<void>;
}
