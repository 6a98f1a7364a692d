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
  /** Passes events to `output`. */
  readonly events: EventPump;
  /** Builtins of plug-ins. */
  readonly builtins?: readonly Builtin[];
  /** At a prompt, a line does not wait for its last command. Every other command is awaited until accepted or refused. */
  readonly atPrompt: boolean;
  /** Whether a script continues after a failure. */
  readonly keepGoing?: boolean;
  /** Whether the largest exit code of programs becomes that of the script if nothing else failed. Default: false. */
  readonly handsThrough?: boolean;
  /** Called with each line before it runs. */
  readonly onLine?: (text: string) => void;
  /** Called before the first command is sent: waits for clients. */
  readonly clientsReady?: (signal: AbortSignal) => Promise<void>;
  /** Asks for confirmation before sending a command that ends clients. Default: no question. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Asks which of these choices is meant. Default: no question. */
  readonly choose?: BuiltinContext['choose'];
  /** Asks for confirmation before `exit`. Default: no question. */
  readonly mayExit?: () => Promise<boolean>;
  /** Aborts when the program has to end. */
  readonly signal: AbortSignal;
}

/** A statement whose words have been checked. */
interface Action {
  /** For a command: checks that its targets exist. @throws SignalboxError `no_such_target` */
  readonly check?: () => Promise<void>;
  readonly run: Run;
}

/**
 * Runs what is typed, one line at a time, in the same way for the prompt, `-c` and scripts. The whole line is checked
 * before any of it is sent. The first failure of a script, a sourced file or a line ends it, even a later failure of a
 * running job: no more of it is sent.
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
    this.sender = new Sender({ service, jobs, output, tally, signal, isSilent: options.atPrompt });
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

  /** Aborts to stop sending. */
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

  /** The argument of `exit`, or else the code of the worst failure; at a prompt 0. */
  get exitCode(): number {
    return this.exitGiven ?? (this.atPrompt ? 0 : this.tally.exitCode);
  }

  /** Exits, unless the user at a prompt declines; then the line ends here. */
  async exit(place: Place, code?: number): Promise<void> {
    const { mayExit } = this.options;
    if (mayExit && !(await mayExit())) {
      this.sequence.fail(`${whereOf(place)}exit was declined`);
      return;
    }
    this.exited = true;
    this.exitGiven = code;
  }

  /** Runs one line; its errors are printed and counted. `signal` interrupts it. */
  async run(place: Place, signal: AbortSignal = this.halt): Promise<void> {
    if (place.text.trim() !== '') this.options.onLine?.(place.text);
    // The failure of one line at the prompt does not affect the next.
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
      // The service ends, and the caller of this shell reports why.
      if (fault.code === 'store_in_use') return await aborted(this.options.signal);
      this.failed(fault, place);
    }
    if (rest !== '') this.stopped(`not run: ${rest}`);
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

  /** Notes at a prompt that the first failure ended a line or a file; an interrupt needs no note. */
  stopped(what: string): void {
    if (this.sequence.failed.aborted) this.output.note(`${what} (${this.sequence.failed.reason})`);
  }

  /**
   * Runs the lines of a file as a separate sequence.
   * @param folder base of its relative paths.
   * @param work receives a signal that aborts at the first failure.
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
