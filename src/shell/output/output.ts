import type { Outcome, SignalboxError } from '../../../schemas/index.ts';
import type { Event } from '../../plugin/observer.ts';
import type { BroadcastReport } from '../broadcast.ts';
import type { SentGroup } from '../sent-jobs.ts';

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

/** The `source` of what is typed at a prompt. */
export const promptSource = 'prompt';

/** Where a line stands. */
export interface Place {
  /** `standard input`, `-c`, a file's path, `promptSource`. */
  readonly source: string;
  readonly line: number;
  readonly text: string;
}

/** For the begin of a message; nothing for a line that was typed just now. */
export const whereOf = ({ source, line }: Place): string =>
  source === promptSource ? '' : `${source}, line ${line}: `;

/** What has become of the jobs of a script when it ends. */
export interface Ending {
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Those without an outcome: it was cut short. */
  readonly unfinished: number;
}

export type OutputEvent = Extract<Event, { type: 'job.output' }>;

/** Output that is kept of a job. */
export type KeptOutput = Omit<OutputEvent, 'type' | 'atMs'>;

/** What the shell has to say, in text for people or in JSON for programs. */
export interface Output {
  /** How wide the screen is that it is shown on. Undefined where a line may be as long as it likes. */
  readonly columns?: number | undefined;
  /** Where it returns a promise: resolves when the event has left this process, rejects when it cannot. */
  event(event: Event): void | Promise<void>;
  /** A command was sent. */
  sent(group: SentGroup): void;
  /** Output that was kept, and may have been shown before: shown as it is, whatever is still to come. */
  replay(output: KeptOutput): void;
  table<Row extends object>(table: Table<Row>): void;
  /** An answer in words: `help`, what `use` is set to. `facts` are the same for programs. */
  say(text: string, facts: object): void;
  /** What became of a command for several clients, when it has ended on all of them or when nobody waits any longer. */
  group(report: BroadcastReport): void;
  /** What a person at the prompt wants to know and a script does not. */
  note(text: string): void;
  /** What a script is doing while it has no results to show, for people: a diagnostic. */
  status(text: string): void;
  /** What was done, and is probably not what was meant. */
  warn(text: string, place: Place): void;
  error(error: SignalboxError, place?: Place): void;
  summary(tally: Ending, exitCode: number): void;
  /** Resolves when all has been written. */
  flush(): Promise<void>;
}
