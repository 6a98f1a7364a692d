import type { Outcome, SignalboxError } from '../../../schemas/index.ts';
import type { BuiltinOutput } from '../../plugin/builtin-output.ts';
import type { Event } from '../../plugin/observer.ts';
import type { SentGroup } from '../../plugin/sent.ts';
import type { Place } from '../../plugin/statement.ts';
import type { BroadcastReport } from '../broadcast.ts';
import type { OthersGroup } from '../others-jobs.ts';

/** The `source` of lines typed at a prompt. */
export const promptSource = 'prompt';

/** Prefix of a message; empty for a line typed at a prompt. */
export const whereOf = ({ source, line }: Place): string =>
  source === promptSource ? '' : `${source}, line ${line}: `;

/** Counts of the jobs of a script at its end. */
export interface Ending {
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Cancelled jobs that were never sent, because their batch was stopped. */
  readonly unsent?: number;
  /** Jobs without an outcome: the script was cut short. */
  readonly unfinished: number;
}

export type OutputEvent = Extract<Event, { type: 'job.output' }>;

/** Output of the shell: text for people or JSON for programs. */
export interface Output extends BuiltinOutput {
  /** A returned promise resolves when the event has left this process, and rejects if it cannot. */
  event(event: Event): void | Promise<void>;
  /**
   * Called before sending a command whose output is to be gathered, if this output does so.
   * @returns a function to call with the sent group, or without a group if the command was not sent.
   */
  gather?(): (group?: SentGroup) => void;
  /** Called when this shell has sent a command. */
  sent(group: SentGroup): void;
  /** Called when somebody else has sent a command. */
  others(group: OthersGroup): void;
  /** Reports on a command for several clients, when it has ended on all of them or when nobody waits any longer. */
  group(report: BroadcastReport): void;
  /** Shows people what a script is doing while it has no results: a diagnostic. */
  status(text: string): void;
  /** Warns that a line probably does not do what was meant. */
  warn(text: string, place: Place): void;
  error(error: SignalboxError, place?: Place): void;
  summary(tally: Ending, exitCode: number): void;
  /** Resolves when everything has been written. */
  flush(): Promise<void>;
}
