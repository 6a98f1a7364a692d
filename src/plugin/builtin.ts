import type { ArgsOf, CommandContract, SignalboxError } from '../../schemas/index.ts';
import type { ExitCode } from '../exit-code.ts';
import type { BuiltinOutput } from './builtin-output.ts';
import type { JobKey, JobService, JobView } from './job-service.ts';
import type { SendOptions } from './send-options.ts';
import type { JobNaming, Sent } from './sent.ts';
import type { Statement, Word } from './statement.ts';

/**
 * Carries out a statement. Returns early, without an error, when the line is interrupted.
 * @returns the command that was sent, if the next statement waits until it is accepted or refused.
 */
export type Run = () => Promise<Sent | undefined> | Promise<void> | void;

/**
 * Kind of a word after a builtin, for completion; `command` is one for clients or a builtin, `contract` one for clients,
 * `statement` a command with its words, `outcome` one or several with commas between. Of runs of workflows: any, one that
 * goes on, what can be retried, a task that asks; `parameter` and `task` are of the workflow that the words before name.
 */
export type Completes =
  | 'client'
  | 'command'
  | 'contract'
  | 'file'
  | 'job'
  | 'outcome'
  | 'parameter'
  | 'question'
  | 'retriable'
  | 'run'
  | 'running-run'
  | 'schedule'
  | 'signal'
  | 'statement'
  | 'target'
  | 'task'
  | 'workflow';

/** Kinds by the first word after the builtin. */
export type CompletesAfter = Readonly<Record<string, Completes>>;

/** An option of a builtin. */
export interface BuiltinOption {
  readonly option: string;
  /** Placeholder for its value; undefined if it takes none. */
  readonly label?: string;
  readonly about: string;
  /** Kind of its value, for completion, or the values that it takes. Default: none. */
  readonly completes?: Completes | readonly string[];
}

/** A run of a workflow whose jobs are shown. */
export interface ShownRun extends Disposable {
  /** Resolves when all that was told up to its end is shown. */
  ended(): Promise<void>;
}

/** What a builtin may use while one line runs. */
export interface BuiltinContext {
  /** Its calls reject when the line is interrupted. Jobs submitted here are not part of the script; see `send`. */
  readonly service: JobService;
  /**
   * Aborts when the line is interrupted, at the first failure of the sequence it belongs to, and when the program ends.
   */
  readonly signal: AbortSignal;
  readonly output: BuiltinOutput;
  /** Every builtin by name. */
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly jobNames: JobNaming;
  /** The target of commands that name none. */
  targets: readonly string[];
  /** Whether somebody types at a prompt: there a line does not wait for what it has begun. */
  readonly atPrompt: boolean;
  /** Depth of nested `source` files. */
  readonly depth: number;
  /** Base of relative paths; undefined for the working directory. */
  readonly folder: string | undefined;

  /**
   * Waits once, before the first use of clients, until the clients the script needs are there.
   * @returns false if `signal` has aborted; then do nothing.
   */
  clientsReady(signal?: AbortSignal): Promise<boolean>;
  /** The contract of a command. @throws SignalboxError `unknown_command`, with the nearest name. */
  contract(name: string, at?: Word): CommandContract;
  /**
   * Sends a command as part of the script: the script waits for its jobs at the end, and their failures are its own.
   */
  send<C extends CommandContract>(
    targets: readonly string[],
    command: C,
    args: ArgsOf<C>,
    options?: SendOptions,
  ): Promise<Sent>;
  /**
   * Checks the words of a typed command. The returned function sends it.
   * @param isJudged whether an outcome can fail the script. Default: true.
   * @throws SignalboxError if the words are wrong.
   */
  prepareSend(contract: CommandContract, statement: Statement, isJudged?: boolean): () => Promise<Sent | undefined>;
  /**
   * The jobs named by these words.
   * @param which of a line that has such jobs only these; it does not need the store. `unsettled`: without an outcome.
   * `endable`: these, and lost ones that may still run.
   * @throws SignalboxError `no_such_job` for a word that names none.
   */
  jobsMeant(words: readonly Word[], which?: 'unsettled' | 'endable'): Promise<JobView[]>;
  /** Shows the jobs of a run, which somebody else sends, as those of the script. */
  showRun(run: Promise<number>): ShownRun;
  /**
   * Resolves when jobs have ended and their outcomes are shown, or when `signal` aborts.
   * @param find returns the jobs. Jobs that end meanwhile are noticed too.
   * @returns the jobs that have not ended by then.
   */
  untilSettled(find: () => Promise<readonly JobView[]>, signal?: AbortSignal): Promise<JobView[]>;
  /** Counts how these jobs ended as failures of the script, except of those that it has sent: they count anyway. */
  judge(jobs: readonly JobView[]): Promise<void>;
  /**
   * Asks whoever types at a prompt which of several things is meant. Undefined where nobody can be asked.
   * @returns the place of the choice, or undefined where the question was left.
   */
  readonly choose?: ((question: string, choices: readonly string[]) => Promise<number | undefined>) | undefined;
  /** Marks a job that the script itself ends, so that its outcome is no failure. */
  endsByUs(job: JobKey): void;
  /**
   * Prints an error and counts it as a failure; the line goes on.
   * @param code the exit code. Default: that of the error.
   */
  fail(error: SignalboxError, code?: ExitCode): void;
  /** Runs the lines of a file as a sequence of its own. */
  carryOut(path: string, lines: AsyncIterable<string>): Promise<void>;
  /** Ends the program; nothing more is run. At a prompt the user may decline, and only the line ends. */
  exit(code?: number): Promise<void>;
}

/** A command of the shell itself. It is not sent to clients. */
export interface Builtin {
  /** `[a-z][a-z0-9-]*` */
  readonly name: string;
  readonly usage: string;
  /** One sentence for `help`. */
  readonly summary: string;
  /** An example line that runs as it is. */
  readonly example: string;
  /**
   * Kinds of the words after the name, in order, or the words themselves, or kinds by the first word; the last applies to
   * all that follow. Default: no completion.
   */
  readonly completes?: readonly (Completes | readonly string[] | CompletesAfter)[];
  readonly options?: readonly BuiltinOption[];
  /** Whether `@target` may precede it. */
  readonly takesTarget?: true;
  /**
   * Checks the words after the name, before anything of the line runs. The returned function runs the builtin.
   * @throws SignalboxError if the words are wrong; nothing of the line runs then.
   */
  prepare(context: BuiltinContext, words: readonly Word[], statement: Statement): Run;
}
