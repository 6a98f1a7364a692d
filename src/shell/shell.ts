import { type CommandContract, SignalboxError } from '../../schemas/index.ts';
import { exitCodeOfError } from '../exit-code.ts';
import type { JobService } from '../plugin/job-service.ts';
import { rejectOnAbort } from '../reject-on-abort.ts';
import { untilAborted } from '../until-aborted.ts';
import type { Action, Builtin } from './builtin.ts';
import { builtins } from './builtins.ts';
import { JobNames } from './job-names.ts';
import { type Output, type Place, whereOf } from './output/output.ts';
import type { EventPump } from './output/pump.ts';
import { Tally } from './output/tally.ts';
import { parseArguments } from './parse/arguments.ts';
import { parseLine, type Statement } from './parse/parse.ts';
import { unknownCommand } from './parse/unknown-command.ts';
import { Sender, type Sent } from './sender.ts';
import { SentJobs } from './sent-jobs.ts';
import { Sequence } from './sequence.ts';
import { ShellError } from './shell-error.ts';

export interface ShellOptions {
  readonly service: JobService;
  readonly output: Output;
  /** Gives `output` what happens. */
  readonly events: EventPump;
  /** At a prompt nothing waits for what a line has sent last; all else waits until it is accepted or refused. */
  readonly atPrompt: boolean;
  /** A script goes on after a failure. */
  readonly keepGoing?: boolean;
  /** Is shown each line before it is carried out. */
  readonly onLine?: (text: string) => void;
  /** Called before the first command is sent: waits for the clients that it is for. */
  readonly clientsReady?: (signal: AbortSignal) => Promise<void>;
  /** Asked before what ends clients is sent. Default: nobody is asked. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Asked before `exit` is carried out. Default: nobody is asked. */
  readonly mayExit?: () => Promise<boolean>;
  /** Aborts when the program is told to end. */
  readonly signal: AbortSignal;
}

/**
 * What is typed, carried out: one line at a time, in the same way for the prompt, `-c` and scripts. A line is checked whole
 * before anything of it is sent. The first failure of a script, of a sourced file or of a line ends it, also one that comes
 * later from a running job: nothing more of it is sent then.
 */
export class Shell {
  readonly service: JobService;
  readonly output: Output;
  readonly events: EventPump;
  readonly sent: SentJobs;
  readonly atPrompt: boolean;
  readonly tally: Tally;
  readonly builtins: ReadonlyMap<string, Builtin> = new Map(builtins.map((builtin) => [builtin.name, builtin]));
  /** What a command without a target goes to. */
  targets: readonly string[] = ['all'];
  /** Set by `exit`. */
  exited = false;
  /** What `exit` was given. */
  private exitGiven: number | undefined;
  private readonly options: ShellOptions;
  private readonly halted = new AbortController();
  private readonly sender: Sender;
  private readonly ownNames: JobNames;
  /** What is being carried out: a script, or a line at the prompt, or a file in one of these. */
  private sequence: Sequence;
  private areClientsReady = false;

  constructor(options: ShellOptions) {
    this.options = options;
    this.service = options.service;
    this.events = options.events;
    this.sent = new SentJobs(options.events);
    this.output = options.output;
    this.atPrompt = options.atPrompt;
    this.tally = new Tally();
    const { output, signal } = options;
    const { service, sent: jobs, tally } = this;
    this.sender = new Sender({ service, jobs, output, tally, signal });
    this.ownNames = new JobNames({ bootId: service.bootId, isNumberedHere: !options.atPrompt });
    this.sequence = this.newSequence();
    if (!options.atPrompt) this.sequence.failed.addEventListener('abort', () => this.halted.abort(), { once: true });
    options.signal.addEventListener('abort', () => this.halted.abort(), { once: true });
    if (options.signal.aborted) this.halted.abort();
  }

  /** Aborts when nothing more is to be sent. */
  get halt(): AbortSignal {
    return this.halted.signal;
  }

  /** How what is typed now calls its jobs. */
  get jobNames(): JobNames {
    return this.sequence.jobNames;
  }

  /** Where relative paths begin; undefined where that is the working directory. */
  get folder(): string | undefined {
    return this.sequence.folder;
  }

  /** How many files are being carried out. */
  get depth(): number {
    return this.sequence.depth;
  }

  /** That which `exit` was given; else that of the worst failure, which at a prompt is nothing. */
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
    const either = AbortSignal.any([signal, this.halt, this.sequence.failed]);
    /** From the statement on that comes next. */
    let rest = '';
    try {
      const statements = parseLine(place.text);
      const actions = statements.map((statement) => this.prepare(statement));
      for (const [at, action] of actions.entries()) {
        if (this.exited) return;
        if (either.aborted) break;
        rest = place.text.slice(statements[at + 1]?.start ?? place.text.length);
        if (!actions[at - 1]?.check) await this.check(actions.slice(at), either);
        const sent = await action.run(either, place);
        const isLastTyped = this.atPrompt && this.depth === 0 && at === actions.length - 1;
        if (sent && !isLastTyped) await untilAborted<unknown>(sent.answered ?? sent.group.accepted, either);
      }
    } catch (error) {
      if (either.aborted && !(error instanceof SignalboxError)) return;
      this.failed(SignalboxError.from(error, 'internal'), place);
    }
    if (rest !== '') this.stopped(`not carried out: ${rest}`);
  }

  /** Says an error and counts it. */
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
    const { failed } = this.sequence;
    if (failed.aborted) this.output.note(`${what} (${failed.reason})`);
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

  /** Resolves consecutive targets up front; if one matches nobody, nothing is sent. */
  private async check(actions: readonly Action[], signal: AbortSignal): Promise<void> {
    for (const { check } of actions) {
      if (!check) return;
      await check(signal);
      if (signal.aborted) return;
    }
  }

  /** Checks a statement; what it returns does it. @throws ShellError */
  prepare(statement: Statement): Action {
    const [first, ...rest] = statement.words;
    if (!first) throw new ShellError('bad_usage', 'a command is missing');
    const word = this.builtins.get(first.text);
    if (word) {
      if (statement.targets && !word.takesTarget) {
        throw new ShellError('bad_usage', `${word.name} takes no target`, { at: first, hint: `usage: ${word.usage}` });
      }
      return { run: word.prepare(this, rest, statement) };
    }
    const contract = this.contract(first.text, first);
    const send = this.prepareSend(contract, statement);
    return {
      check: async (signal) => {
        if (await this.clientsReady(signal)) await rejectOnAbort(this.resolve(statement), signal);
      },
      run: (signal, place) => send(signal, place),
    };
  }

  /**
   * Checks the arguments of a command; what it returns sends it.
   * @param isJudged whether its outcome can be a failure.
   */
  prepareSend(contract: CommandContract, statement: Statement, isJudged = true) {
    const { args, as, yes, warning, waitMs, ...options } = parseArguments(contract, statement.words.slice(1));
    return async (signal: AbortSignal, place: Place): Promise<Sent | undefined> => {
      if (!(await this.clientsReady(signal))) return undefined;
      const { sequence } = this;
      let targets = statement.targets ?? this.targets;
      if (contract.endsClient && !yes) {
        // Those that were asked about, and nobody who has come meanwhile.
        targets = await rejectOnAbort(this.resolve(statement), signal);
        if (!(await this.confirmed(contract, targets))) {
          sequence.fail(`${whereOf(place)}${contract.name} was not sent`);
          return undefined;
        }
      }
      const sent = await this.sender.send({
        targets,
        contract,
        args,
        options: { ...options, signal },
        waitMs,
        isJudged,
        onFailure: (what) => sequence.fail(`${whereOf(place)}${what}`),
        onLate: (error) => this.failed(error, place, { sequence }),
      });
      sequence.jobNames.sent(sent.group.id, as);
      if (warning !== undefined) this.output.warn(warning, place);
      return sent;
    };
  }

  /** Says how the commands for several clients stand that have not ended on all of them: nobody waits any longer. */
  reportUnfinished(): void {
    this.sender.reportUnfinished();
  }

  /** The contract of a command. @throws ShellError `unknown_command`, with the nearest name. */
  contract(name: string, at?: { start: number; end: number }): CommandContract {
    const contract = this.service.commands.get(name);
    if (contract) return contract;
    if (this.builtins.has(name)) {
      throw new ShellError('bad_usage', `${name} is a word of the shell, not a command for clients`, { at });
    }
    throw unknownCommand(name, [...this.service.commands.keys(), ...this.builtins.keys()], at);
  }

  private resolve(statement: Statement): Promise<string[]> {
    return this.service.resolve(statement.targets ?? this.targets);
  }

  private newSequence(): Sequence {
    return new Sequence({ jobNames: this.ownNames, goesOn: this.options.keepGoing ?? false });
  }

  private async confirmed({ name }: CommandContract, clients: readonly string[]): Promise<boolean> {
    const { confirm } = this.options;
    if (!confirm) return true;
    const who = clients.length === 1 ? clients[0] : `${clients.length} clients`;
    return confirm(`${name.charAt(0).toUpperCase()}${name.slice(1)} ${who}?`);
  }

  /**
   * Waits once, before the first thing that needs clients, for those that the script is for.
   * @returns false where `signal` has aborted: nothing is to be done then.
   */
  async clientsReady(signal: AbortSignal): Promise<boolean> {
    if (!this.areClientsReady) await this.options.clientsReady?.(signal);
    if (signal.aborted) return false;
    this.areClientsReady = true;
    return true;
  }
}
