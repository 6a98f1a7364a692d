import { SignalboxError } from '../../schemas/errors.ts';
import type { CommandContract } from '../../schemas/index.ts';
import { exitCodeOfError } from '../exit-code.ts';
import type { Builtin, BuiltinContext, Run } from '../plugin/builtin.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { Place, Statement } from '../plugin/statement.ts';
import { aborted, untilAborted } from '../until-aborted.ts';
import { builtins } from './builtins.ts';
import { builtinsByName, Commands } from './commands.ts';
import { JobNames } from './job-names.ts';
import { Line } from './line.ts';
import { type Output, whereOf } from './output/output.ts';
import type { EventPump } from './output/pump.ts';
import { Tally } from './output/tally.ts';
import { parseLine } from './parse/parse.ts';
import { Sender } from './sender.ts';
import { SentJobs } from './sent-jobs.ts';
import { Sequence } from './sequence.ts';
import { ShellError } from './shell-error.ts';

export interface ShellOptions {
  readonly service: JobService;
  readonly output: Output;
  /** Hands events to `output`. */
  readonly events: EventPump;
  /** Builtins of plug-ins. */
  readonly builtins?: readonly Builtin[];
  /** At a prompt nothing waits for what a line has sent last; all else waits until it is accepted or refused. */
  readonly atPrompt: boolean;
  /** A script goes on after a failure. */
  readonly keepGoing?: boolean;
  /** The largest exit code of programs is that of the script, where nothing else has failed. Default: false. */
  readonly handsThrough?: boolean;
  /** Called with each line before it runs. */
  readonly onLine?: (text: string) => void;
  /** Called before the first command is sent: waits for the clients that it is for. */
  readonly clientsReady?: (signal: AbortSignal) => Promise<void>;
  /** Asked before what ends clients is sent. Default: nobody is asked. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Asks which of these choices is meant. Default: nobody is asked. */
  readonly choose?: BuiltinContext['choose'];
  /** Asked before `exit` is carried out. Default: nobody is asked. */
  readonly mayExit?: () => Promise<boolean>;
  /** Aborts when the program is told to end. */
  readonly signal: AbortSignal;
}

/** A statement that has been checked as far as its words go. */
interface Action {
  /** Of a command: whether its targets are there. @throws SignalboxError `no_such_target` */
  readonly check?: () => Promise<void>;
  readonly run: Run;
}

/**
 * What is typed, carried out: one line at a time, in the same way for the prompt, `-c` and scripts. A line is checked
 * whole before anything of it is sent. The first failure of a script, of a sourced file or of a line ends it, also one
 * that comes later from a running job: nothing more of it is sent then.
 */
export class Shell {
  readonly service: JobService;
  readonly output: Output;
  readonly events: EventPump;
  readonly sent: SentJobs;
  readonly atPrompt: boolean;
  readonly tally: Tally;
  readonly builtins: ReadonlyMap<string, Builtin>;
  /** Target of commands that name none. */
  targets: readonly string[] = ['all'];
  /** Set by `exit`. */
  exited = false;
  /** Argument of `exit`. */
  private exitGiven: number | undefined;
  private readonly options: ShellOptions;
  private readonly halted = new AbortController();
  private readonly commands: Commands;
  private readonly sender: Sender;
  private readonly ownNames: JobNames;
  /** The running script, prompt line, or file in one of these. */
  private sequence: Sequence;

  constructor(options: ShellOptions) {
    this.options = options;
    this.service = options.service;
    this.events = options.events;
    this.sent = new SentJobs(options.events);
    this.output = options.output;
    this.atPrompt = options.atPrompt;
    this.tally = new Tally({ handsThrough: options.handsThrough ?? false });
    const { output, signal, clientsReady, confirm } = options;
    const { service, sent: jobs, tally } = this;
    this.builtins = builtinsByName([...builtins, ...(options.builtins ?? [])], service.commands);
    this.sender = new Sender({ service, jobs, output, tally, signal });
    this.commands = new Commands({
      ...{ service, builtins: this.builtins, output, sender: this.sender, clientsReady, confirm },
      sequence: () => this.sequence,
      targets: () => this.targets,
      failed: (...failure) => this.failed(...failure),
    });
    this.ownNames = new JobNames({ isNumberedHere: !options.atPrompt });
    this.sequence = this.newSequence();
    if (!options.atPrompt) this.sequence.failed.addEventListener('abort', () => this.halted.abort(), { once: true });
    options.signal.addEventListener('abort', () => this.halted.abort(), { once: true });
    if (options.signal.aborted) this.halted.abort();
  }

  /** Aborts when nothing more is to be sent. */
  get halt(): AbortSignal {
    return this.halted.signal;
  }

  get choose(): BuiltinContext['choose'] {
    return this.options.choose;
  }

  /** Job names for the current line. */
  get jobNames(): JobNames {
    return this.sequence.jobNames;
  }

  /** Base of relative paths; undefined for the working directory. */
  get folder(): string | undefined {
    return this.sequence.folder;
  }

  /** Depth of nested files. */
  get depth(): number {
    return this.sequence.depth;
  }

  /** The argument of `exit`, else the code of the worst failure; at a prompt 0. */
  get exitCode(): number {
    return this.exitGiven ?? (this.atPrompt ? 0 : this.tally.exitCode);
  }

  /** At a prompt somebody may prefer to stay: then the line ends here. */
  async exit(place: Place, code?: number): Promise<void> {
    const { mayExit } = this.options;
    if (mayExit && !(await mayExit())) {
      this.sequence.fail(`${whereOf(place)}exit was not carried out`);
      return;
    }
    this.exited = true;
    this.exitGiven = code;
  }

  /** Carries out one line; what is wrong with it is said and counted. With `signal` it can be interrupted. */
  async run(place: Place, signal: AbortSignal = this.halt): Promise<void> {
    if (place.text.trim() !== '') this.options.onLine?.(place.text);
    // A line at the prompt fails for itself.
    if (this.atPrompt && this.depth === 0) this.sequence = this.newSequence();
    const line = this.line(place, signal);
    /** Text of the statements that have not run. */
    let rest = '';
    try {
      const statements = parseLine(place.text);
      const actions = statements.map((statement) => this.prepare(statement, line));
      for (const [at, action] of actions.entries()) {
        if (this.exited) return;
        if (line.signal.aborted) break;
        rest = place.text.slice(statements[at + 1]?.start ?? place.text.length);
        if (!actions[at - 1]?.check) await this.check(actions.slice(at), line.signal);
        const sent = await action.run();
        const isLastTyped = this.atPrompt && this.depth === 0 && at === actions.length - 1;
        if (sent && !isLastTyped) await untilAborted<unknown>(sent.answered ?? sent.begun, line.signal);
      }
    } catch (error) {
      if (line.signal.aborted && !(error instanceof SignalboxError)) return;
      const fault = SignalboxError.from(error, 'internal');
      // The service ends, and whoever runs this shell says why.
      if (fault.code === 'store_in_use') return await aborted(this.options.signal);
      this.failed(fault, place);
    }
    if (rest !== '') this.stopped(`not carried out: ${rest}`);
  }

  /** Creates the context of a line. */
  line(place: Place, signal: AbortSignal = this.halt): Line {
    const either = AbortSignal.any([signal, this.halt, this.sequence.failed]);
    return new Line({ shell: this, commands: this.commands, place, signal: either });
  }

  /** Prints an error and counts it as a failure. */
  failed(
    error: SignalboxError,
    place: Place,
    { code = exitCodeOfError(error.code), sequence = this.sequence } = {},
  ): void {
    this.output.error(error, place);
    this.tally.fail(code);
    sequence.fail(`${whereOf(place)}${error.code}`);
  }

  /** Says at a prompt that the first failure has ended a line or a file; what an interrupt has ended needs no word. */
  stopped(what: string): void {
    if (this.sequence.failed.aborted) this.output.note(`${what} (${this.sequence.failed.reason})`);
  }

  /**
   * Carries out the lines of a file as a sequence of their own.
   * @param folder where its relative paths begin.
   * @param work is given what aborts at its first failure.
   */
  async within(folder: string, work: (failed: AbortSignal) => Promise<void>): Promise<void> {
    const outer = this.sequence;
    const inner = outer.enter(folder);
    this.sequence = inner;
    try {
      await work(inner.failed);
    } finally {
      inner.jobNames.leave();
      this.sequence = outer;
    }
  }

  /** Checks a statement. The returned action runs it. @throws SignalboxError */
  prepare(statement: Statement, line: Line): Action {
    const [first, ...rest] = statement.words;
    if (!first) throw new ShellError('bad_usage', 'a command is missing');
    const builtin = this.builtins.get(first.text);
    if (builtin) {
      const { name, usage } = builtin;
      if (statement.targets && !builtin.takesTarget) {
        throw new ShellError('bad_usage', `${name} takes no target`, { at: first, hint: `usage: ${usage}` });
      }
      return { run: builtin.prepare(line, rest, statement) };
    }
    const run = line.prepareSend(this.contract(first.text, first), statement);
    return {
      check: async () => {
        if (await line.clientsReady()) await this.commands.resolve(statement, line.service);
      },
      run,
    };
  }

  /** Reports on commands for several clients that have not ended on all of them, because nobody waits any longer. */
  reportUnfinished(): void {
    this.sender.reportUnfinished();
  }

  /** @throws ShellError `unknown_command`, with the nearest name. */
  contract(name: string, at?: { start: number; end: number }): CommandContract {
    return this.commands.contract(name, at);
  }

  /** Resolves consecutive targets up front; if one matches nobody, nothing is sent. A single command is its own check. */
  private async check(actions: readonly Action[], signal: AbortSignal): Promise<void> {
    for (const { check } of actions[1]?.check ? actions : []) {
      if (!check || signal.aborted) return;
      await check();
    }
  }

  private newSequence(): Sequence {
    return new Sequence({ jobNames: this.ownNames, goesOn: this.options.keepGoing ?? false });
  }
}
