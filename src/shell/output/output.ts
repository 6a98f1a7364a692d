import type { Outcome, SignalboxError } from '../../../schemas/index.ts';
import type { BuiltinOutput } from '../../plugin/builtin-output.ts';
import type { Event } from '../../plugin/observer.ts';
import type { SentGroup } from '../../plugin/sent.ts';
import type { Place } from '../../plugin/statement.ts';
import type { BroadcastReport } from '../broadcast.ts';
import type { OthersGroup } from '../others-jobs.ts';

/** The `source` of what is typed at a prompt. */
export const promptSource = 'prompt';

/** For the begin of a message; nothing for a line that was typed just now. */
export const whereOf = ({ source, line }: Place): string =>
  source === promptSource ? '' : `${source}, line ${line}: `;

/** What has become of the jobs of a script when it ends. */
export interface Ending {
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Those of the cancelled ones that were never sent, because their batch was stopped. */
  readonly unsent?: number;
  /** Those without an outcome: it was cut short. */
  readonly unfinished: number;
}

export type OutputEvent = Extract<Event, { type: 'job.output' }>;

/** What the shell has to say, in text for people or in JSON for programs. */
export interface Output extends BuiltinOutput {
  /** Where it returns a promise: resolves when the event has left this process, rejects when it cannot. */
  event(event: Event): void | Promise<void>;
  /**
   * A command is about to be sent whose output is to be gathered, as far as this output does so.
   * @returns what to call when it was sent, or without a group when it was not.
   */
  gather?(): (group?: SentGroup) => void;
  /** A command was sent. */
  sent(group: SentGroup): void;
  /** Somebody else has sent a command. */
  others(group: OthersGroup): void;
  /** What became of a command for several clients, when it has ended on all of them or when nobody waits any longer. */
  group(report: BroadcastReport): void;
  /** What a script is doing while it has no results to show, for people: a diagnostic. */
  status(text: string): void;
  /** What was done, and is probably not what was meant. */
  warn(text: string, place: Place): void;
  error(error: SignalboxError, place?: Place): void;
  summary(tally: Ending, exitCode: number): void;
  /** Resolves when all has been written. */
  flush(): Promise<void>;
}
