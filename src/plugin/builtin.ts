import type { ArgsOf, CommandContract, SignalboxError } from '../../schemas/index.ts';
import type { ExitCode } from '../exit-code.ts';
import type { BuiltinOutput } from './builtin-output.ts';
import type { JobKey, JobService, JobView } from './job-service.ts';
import type { SendOptions } from './send-options.ts';
import type { JobNaming, Sent } from './sent.ts';
import type { Statement, Word } from './statement.ts';

/**
 * Runs a statement. If the line is interrupted, it returns early without an error.
 * @returns the command that was sent, if the next statement must wait until it is accepted or refused.
 */
export type Run = () => Promise<Sent | undefined> | Promise<void> | void;

/**
 * Kind of a word after a builtin, for completion. `command`: a command for clients, or a builtin; `contract`: a command
 * for clients; `statement`: a command with its words; `outcome`: one or more outcomes, separated by commas. `run`,
 * `running-run`, `retriable` and `question` are runs of workflows: any, in progress, retriable, or waiting for approval
 * of a task. `parameter` and `task` belong to the workflow that the preceding words name.
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
  /** Such as `--long`. */
  readonly option: string;
  /** Placeholder for its value. Undefined if it takes none. */
  readonly label?: string;
  /** One line for completion. */
  readonly about: string;
  /** Kind of its value for completion, or the permitted values. Default: no completion. */
  readonly completes?: Completes | readonly string[];
}

/** A run of a workflow whose jobs are shown. */
export interface ShownRun extends Disposable {
  /** Resolves when the run has ended and everything about it has been shown. */
  ended(): Promise<void>;
}

/** What a builtin can use while a line runs. */
export interface BuiltinContext {
  /** Its calls reject when the line is interrupted. Jobs submitted here are not part of the script; see `send`. */
  readonly service: JobService;
  /**
   * Aborts when the line is interrupted, at the first failure of the sequence it belongs to, and when the program ends.
   */
  readonly signal: AbortSignal;
  /** Where the builtin prints. */
  readonly output: BuiltinOutput;
  /** Every builtin by name. */
  readonly builtins: ReadonlyMap<string, Builtin>;
  /** The names of jobs that the words of the line can use. */
  readonly jobNames: JobNaming;
  /** The target of commands that do not name one. */
  targets: readonly string[];
  /** Whether a person types at a prompt. There, a line does not wait for the jobs that it starts. */
  readonly atPrompt: boolean;
  /** Depth of nested `source` files. */
  readonly depth: number;
  /** Base of relative paths. Undefined: the working folder. */
  readonly folder: string | undefined;

  /**
   * Waits once, before clients are first used, until the clients that the script needs are connected.
   * @returns false if `signal` has aborted; then do nothing.
   */
  clientsReady(signal?: AbortSignal): Promise<boolean>;
  /** The contract of a command. @throws SignalboxError `unknown_command`, with the nearest name. */
  contract(name: string, at?: Word): CommandContract;
  /** Sends a command as part of the script: the script waits for its jobs at its end, and fails if they fail. */
  send<C extends CommandContract>(
    targets: readonly string[],
    command: C,
    args: ArgsOf<C>,
    options?: SendOptions,
  ): Promise<Sent>;
  /**
   * Checks the words of a typed command. The returned function sends it.
   * @param isJudged whether an outcome can fail the script. Default: true.
   * @throws SignalboxError if the words are not valid.
   */
  prepareSend(contract: CommandContract, statement: Statement, isJudged?: boolean): () => Promise<Sent | undefined>;
  /**
   * Finds the jobs that these words name.
   * @param which restricts the jobs of a submission, and does not need the store. `unsettled`: without an outcome.
   * `endable`: these, and lost ones that may still be running. Default: all.
   * @throws SignalboxError `no_such_job` for a word that names none.
   */
  jobsMeant(words: readonly Word[], which?: 'unsettled' | 'endable'): Promise<JobView[]>;
  /** Shows the jobs of a run, which somebody else submits, like those of the script. */
  showRun(run: Promise<number>): ShownRun;
  /**
   * Resolves when all of the jobs have ended and their outcomes are shown, or when `signal` aborts.
   * @param find returns the jobs. Jobs that end during the call are noticed, too.
   * @returns the jobs that have not ended.
   */
  untilSettled(find: () => Promise<readonly JobView[]>, signal?: AbortSignal): Promise<JobView[]>;
  /** Counts failures of these jobs as failures of the script. Jobs that the script itself has sent are counted anyway. */
  judge(jobs: readonly JobView[]): Promise<void>;
  /**
   * Asks the person at the prompt which of several things is meant. Undefined if nobody can be asked.
   * @returns the index of the choice; undefined if the question was cancelled.
   */
  readonly choose?: ((question: string, choices: readonly string[]) => Promise<number | undefined>) | undefined;
  /** Marks a job that the script itself ends, so that its outcome does not count as a failure. */
  endsByUs(job: JobKey): void;
  /**
   * Prints an error and counts it as a failure. The line continues.
   * @param code the exit code. Default: that of the error.
   */
  fail(error: SignalboxError, code?: ExitCode): void;
  /** Runs the lines of a file as a separate sequence. */
  carryOut(path: string, lines: AsyncIterable<string>): Promise<void>;
  /** Ends the program; nothing more is run. At a prompt the user may decline; then only the line ends. */
  exit(code?: number): Promise<void>;
}

/** A command of the shell itself. It is not sent to clients. */
export interface Builtin {
  /** `[a-z][a-z0-9-]*` */
  readonly name: string;
  /** How to type it, such as `jobs [JOB]`. */
  readonly usage: string;
  /** One sentence for `help`. */
  readonly summary: string;
  /** A line that works as typed. */
  readonly example: string;
  /**
   * Completion of the words after the name, in order: kinds, permitted words, or kinds by the first word. The last
   * entry applies to all further words. Default: no completion.
   */
  readonly completes?: readonly (Completes | readonly string[] | CompletesAfter)[];
  /** The options that completion offers. Default: none. */
  readonly options?: readonly BuiltinOption[];
  /** Whether a target (`@TARGET`) may precede it. Default: no. */
  readonly takesTarget?: true;
  /**
   * Checks the words after the name before anything of the line runs. The returned function runs the builtin.
   * @throws SignalboxError if the words are not valid; then nothing of the line runs.
   */
  prepare(context: BuiltinContext, words: readonly Word[], statement: Statement): Run;
}
