import type { ArgsOf, CommandContract, SignalboxError } from '../../schemas/index.ts';
import type { ExitCode } from '../exit-code.ts';
import type { BuiltinOutput } from './builtin-output.ts';
import type { JobKey, JobService, JobView, SendOptions } from './job-service.ts';
import type { JobNaming, Sent } from './sent.ts';
import type { Statement, Word } from './statement.ts';

/**
 * Does what a statement says. Ends early, without an error, when the line is interrupted.
 * @returns what it has sent, where the next statement waits for that to be accepted or refused.
 */
export type Run = () => Promise<Sent | undefined> | Promise<void> | void;

/** What a word after a builtin can be, for completion; `statement` is a command with its words. */
export type Completes = 'command' | 'file' | 'job' | 'outcome' | 'signal' | 'statement' | 'target';

/** An option of a builtin. */
export interface BuiltinOption {
  readonly option: string;
  /** Stands for its value; undefined where it takes none. */
  readonly label?: string;
  readonly about: string;
}

/** What a builtin may use: for one line of the shell. */
export interface BuiltinContext {
  /** Its calls reject when the line is interrupted. What is submitted by it is nothing of the script: see `send`. */
  readonly service: JobService;
  /** Aborts when the line is interrupted, at the first failure of what it stands in, and when the program ends. */
  readonly signal: AbortSignal;
  readonly output: BuiltinOutput;
  /** All that there are, by name. */
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly jobNames: JobNaming;
  /** What a command without a target goes to. */
  targets: readonly string[];
  /** How many files are being carried out, each from the one before. */
  readonly depth: number;
  /** Where relative paths begin; undefined where that is the working directory. */
  readonly folder: string | undefined;

  /**
   * Waits once, before the first thing that needs clients, for those that the script is for.
   * @returns false where `signal` has aborted: nothing is to be done then.
   */
  clientsReady(signal?: AbortSignal): Promise<boolean>;
  /** The contract of a command. @throws SignalboxError `unknown_command`, with the nearest name. */
  contract(name: string, at?: Word): CommandContract;
  /** Sends a command as a part of the script: it waits for the jobs at its end, and a failure of one is its own. */
  send<C extends CommandContract>(
    targets: readonly string[],
    command: C,
    args: ArgsOf<C>,
    options?: SendOptions,
  ): Promise<Sent>;
  /**
   * Checks the words of a command that was typed; what it returns sends it. @throws SignalboxError
   * @param isJudged whether an outcome can be a failure of the script. Default: true.
   */
  prepareSend(contract: CommandContract, statement: Statement, isJudged?: boolean): () => Promise<Sent | undefined>;
  /** The jobs that these words mean. @throws SignalboxError `no_such_job` for a word that means none. */
  jobsMeant(words: readonly Word[]): Promise<JobView[]>;
  /**
   * Resolves when jobs have ended and that has been shown, or when `signal` has aborted.
   * @param find asks for the jobs. What ends meanwhile is noticed too.
   * @returns those that had not ended by then.
   */
  untilSettled(find: () => Promise<readonly JobView[]>, signal?: AbortSignal): Promise<JobView[]>;
  /** This job ends because the script says so: that is no failure. */
  endsByUs(job: JobKey): void;
  /** Says an error and counts it as a failure of the line, which is carried out further. `code`: the exit code. Default: that of the error. */
  fail(error: SignalboxError, code?: ExitCode): void;
  /** Carries out the lines of a file as a sequence of its own. */
  carryOut(path: string, lines: AsyncIterable<string>): Promise<void>;
  /** Leaves: nothing more is carried out. At a prompt somebody may prefer to stay: then the line ends. */
  exit(code?: number): Promise<void>;
}

/** A command of the shell itself: nothing of it travels. */
export interface Builtin {
  /** `[a-z][a-z0-9-]*` */
  readonly name: string;
  readonly usage: string;
  /** One sentence for `help`. */
  readonly summary: string;
  /** A line that can be typed as it stands. */
  readonly example: string;
  /** What the words after it are, in order; the last stands for all that follow. Default: nothing that can be completed. */
  readonly completes?: readonly Completes[];
  readonly options?: readonly BuiltinOption[];
  /** Whether `@target` may stand before it. */
  readonly takesTarget?: true;
  /**
   * Checks the words after the name; nothing of the line has been carried out yet. What it returns does it.
   * @throws SignalboxError where they are wrong: nothing of the line is carried out then.
   */
  prepare(context: BuiltinContext, words: readonly Word[], statement: Statement): Run;
}
