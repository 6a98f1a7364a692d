import { foldNames } from '../fold-names.ts';
import { type CommandContract, type JobGroup, type JobOutcome, type Server, SignalboxError } from '../index.ts';
import { parseArguments } from './arguments.ts';
import { Broadcast } from './broadcast.ts';
import { formatDuration } from './duration.ts';
import { exitCodeOfError } from './exit-code.ts';
import { nearest } from './nearest.ts';
import { outcomesUntil } from './outcomes-until.ts';
import type { Output, Place } from './output.ts';
import { parseLine, type Statement } from './parse.ts';
import { ShellError } from './shell-error.ts';
import { Tally } from './tally.ts';
import { untilAborted } from './until-aborted.ts';
import type { Action, ShellWord } from './word.ts';
import { shellWords } from './words.ts';

export interface ShellOptions {
  readonly server: Server;
  readonly output: Output;
  /** At a prompt nothing waits for what was sent; in a script each line waits until it is accepted or refused. */
  readonly atPrompt: boolean;
  /** A script goes on after a failure. */
  readonly keepGoing?: boolean;
  /** Is shown each line before it is carried out. */
  readonly onLine?: (text: string) => void;
  /** Called before the first command is sent: waits for the clients that it is for. */
  readonly clientsReady?: (signal: AbortSignal) => Promise<void>;
  /** Asked before `terminate` goes to several clients. Default: nobody is asked. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Aborts when the program is told to end. */
  readonly signal: AbortSignal;
}

/** A command that was sent. */
export interface Sent {
  readonly group: JobGroup;
  /** With `--wait`: the outcomes that came in its time. */
  readonly answered: Promise<JobOutcome[]> | undefined;
}

/**
 * What is typed, carried out: one line at a time, in the same way for the prompt, `-c` and scripts. A line is checked whole
 * before anything of it is sent. In a script the first failure halts it, also one that comes later from a running job:
 * nothing more is sent then.
 */
export class Shell {
  readonly server: Server;
  readonly output: Output;
  readonly atPrompt: boolean;
  readonly tally: Tally;
  readonly words: ReadonlyMap<string, ShellWord> = new Map(shellWords.map((word) => [word.name, word]));
  /** What a command without a target goes to. */
  targets: readonly string[] = ['all'];
  /** Set by `exit`. */
  exited = false;
  private readonly options: ShellOptions;
  private readonly halted = new AbortController();
  private readonly broadcasts = new Set<Broadcast>();
  private areClientsReady = false;

  constructor(options: ShellOptions) {
    this.options = options;
    this.server = options.server;
    this.output = options.output;
    this.atPrompt = options.atPrompt;
    this.tally = new Tally(() => {
      if (!options.atPrompt && !options.keepGoing) this.halted.abort();
    });
    options.signal.addEventListener('abort', () => this.halted.abort(), { once: true });
    if (options.signal.aborted) this.halted.abort();
  }

  /** Aborts when nothing more is to be sent. */
  get halt(): AbortSignal {
    return this.halted.signal;
  }

  /** Carries out one line; what is wrong with it is said and counted. With `signal` it can be interrupted. */
  async run(place: Place, signal: AbortSignal = this.halt): Promise<void> {
    if (place.text.trim() !== '') this.options.onLine?.(place.text);
    try {
      const actions = parseLine(place.text).map((statement) => this.prepare(statement));
      const either = AbortSignal.any([signal, this.halt]);
      for (const [at, action] of actions.entries()) {
        if (either.aborted || this.exited) return;
        if (!actions[at - 1]?.check) await this.check(actions.slice(at), either);
        await action.run(either, place);
      }
    } catch (error) {
      if (signal.aborted && !(error instanceof SignalboxError)) return;
      this.fail(SignalboxError.from(error, 'internal'), place);
    }
  }

  fail(error: SignalboxError, place?: Place): void {
    this.output.error(error, place);
    this.tally.fail(exitCodeOfError(error.code));
  }

  /** The targets of the commands that follow one another: one that is nobody means that none of these is sent. */
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
    const word = this.words.get(first.text);
    if (word) {
      if (statement.targets && !word.takesTarget) {
        throw new ShellError('bad_usage', `${word.name} takes no target`, { at: first, hint: `usage: ${word.usage}` });
      }
      return { run: word.prepare(this, rest, statement) };
    }
    const contract = this.contract(first.text, first);
    const asks = contract.name === 'terminate' && this.options.confirm;
    // An answer given before the question; where nobody asks it changes nothing.
    const yes =
      contract.name === 'terminate' ? rest.find(({ text, quoted }) => text === '--yes' && !quoted) : undefined;
    const words = statement.words.filter((one) => one !== yes);
    const sending = this.prepareSend(contract, { ...statement, words });
    return {
      check: async (signal) => {
        if (await this.clientsReady(signal)) this.server.resolve(statement.targets ?? this.targets);
      },
      run: async (signal, place) => {
        if (asks && !yes && !(await this.confirmed(asks, statement))) return;
        const sent = await sending(signal, true, place);
        if (!sent || this.atPrompt) return;
        await untilAborted<unknown>(sent.answered ?? sent.group.accepted, signal);
      },
    };
  }

  /** Checks the arguments of a command; what it returns sends it. `judge`: whether its outcome can be a failure. */
  prepareSend(contract: CommandContract, statement: Statement) {
    const { args, waitMs, ...options } = parseArguments(contract, statement.words.slice(1));
    return async (signal: AbortSignal, judge: boolean, place: Place): Promise<Sent | undefined> => {
      if (!(await this.clientsReady(signal))) return undefined;
      const group = this.server.send(statement.targets ?? this.targets, contract, args, options);
      if (contract.name === 'terminate') for (const { client } of group.jobs) this.tally.endsByUs({ client });
      this.tally.add(group, judge);
      const broadcast = group.jobs.length > 1 ? this.watch(group) : undefined;
      this.output.sent(group);
      const answered = waitMs === undefined ? undefined : this.answered(group, waitMs, { broadcast, place });
      return { group, answered };
    };
  }

  /** The outcomes of a line that waits at most `waitMs` for them. Whoever has not answered by then is named, and left as it is. */
  private async answered(
    group: JobGroup,
    waitMs: number,
    { broadcast, place }: { broadcast: Broadcast | undefined; place: Place },
  ): Promise<JobOutcome[]> {
    const { signal } = this.options;
    const outcomes = await outcomesUntil(group, AbortSignal.any([signal, AbortSignal.timeout(waitMs)]));
    const missing = group.jobs.filter(({ client }) => !outcomes.some((outcome) => outcome.client === client));
    if (missing.length === 0 || signal.aborted) return outcomes;
    if (broadcast) this.report(broadcast);
    this.tally.leave(missing);
    const who = foldNames(missing.map(({ client }) => client));
    const text = `${missing[0]?.command} has no outcome from ${who} after ${formatDuration(waitMs)}; what runs there goes on`;
    this.fail(new SignalboxError('timed_out', text), place);
    return outcomes;
  }

  /** Says how the commands for several clients stand that have not ended on all of them: nobody waits any longer. */
  reportUnfinished(): void {
    for (const broadcast of this.broadcasts) this.report(broadcast);
  }

  private watch(group: JobGroup): Broadcast {
    const broadcast = new Broadcast(group);
    this.broadcasts.add(broadcast);
    void group.outcomes.then(() => this.report(broadcast));
    return broadcast;
  }

  /** Once. */
  private report(broadcast: Broadcast): void {
    if (this.broadcasts.delete(broadcast)) this.output.group(broadcast.report());
  }

  /** The contract of a command. @throws ShellError `unknown_command`, with the nearest name. */
  contract(name: string, at?: { start: number; end: number }): CommandContract {
    const contract = this.server.commands.get(name);
    if (contract) return contract;
    if (this.words.has(name)) {
      throw new ShellError('bad_usage', `${name} is a word of the shell, not a command for clients`, { at });
    }
    const close = nearest(name, [...this.server.commands.keys(), ...this.words.keys()]);
    const hint = close === undefined ? 'help lists the commands' : `did you mean ${close}?`;
    throw new ShellError('unknown_command', `there is no command '${name}'`, { at, hint });
  }

  private async confirmed(confirm: NonNullable<ShellOptions['confirm']>, { targets }: Statement): Promise<boolean> {
    const names = this.server.resolve(targets ?? this.targets);
    return names.length < 2 || confirm(`Terminate ${names.length} clients?`);
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
