import { dirname } from 'node:path';
import { SignalboxError } from '../../schemas/errors.ts';
import type { ArgsOf, CommandContract } from '../../schemas/index.ts';
import { type ExitCode, exitCodeOfProgram } from '../exit-code.ts';
import type { Builtin, BuiltinContext, ShownRun } from '../plugin/builtin.ts';
import type { JobKey, JobService, JobView } from '../plugin/job-service.ts';
import type { SendOptions } from '../plugin/send-options.ts';
import type { JobNaming, Sent } from '../plugin/sent.ts';
import type { Place, Statement, Word } from '../plugin/statement.ts';
import type { Commands } from './commands.ts';
import { InterruptibleService } from './interruptible-service.ts';
import type { JobNames } from './job-names.ts';
import { jobsMeant } from './jobs-meant.ts';
import type { LinePlace } from './line-place.ts';
import { noteAbsent } from './note-absent.ts';
import type { Output } from './output/output.ts';
import type { EventPump } from './output/pump.ts';
import type { Tally } from './output/tally.ts';
import { showRun } from './runs-shown.ts';
import type { SentJobs } from './sent-jobs.ts';
import { untilSettled } from './until-settled.ts';
import { verdictOn } from './verdict.ts';

/** The part of the shell that a line uses. */
interface LineShell {
  readonly service: JobService;
  readonly output: Output;
  readonly events: EventPump;
  readonly sent: SentJobs;
  readonly tally: Tally;
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly jobNames: JobNames;
  readonly atPrompt: boolean;
  readonly choose: BuiltinContext['choose'];
  readonly depth: number;
  readonly folder: string | undefined;
  readonly exited: boolean;
  targets: readonly string[];
  failed(error: SignalboxError, place: Place, options?: { code?: ExitCode }): void;
  stopped(what: string): void;
  within(folder: string, work: (failed: AbortSignal) => Promise<void>): Promise<void>;
  run(place: Place, signal: AbortSignal): Promise<void>;
  exit(place: Place, code?: number): Promise<void>;
}

/** Number of commands of others about whose absent clients a line says something. */
const maxNotes = 3;
const methods = [
  ...(['clientsReady', 'contract', 'send', 'prepareSend', 'jobsMeant', 'showRun', 'untilSettled'] as const),
  ...(['judge', 'endsByUs', 'fail', 'carryOut', 'exit'] as const),
];

/** One line of a shell: the context of its builtins. */
export class Line implements BuiltinContext, LinePlace {
  readonly service: JobService;
  readonly place: Place;
  readonly signal: AbortSignal;
  private readonly shell: LineShell;
  private readonly commands: Commands;

  constructor({ shell, commands, place, signal }: LinePlace & { shell: LineShell; commands: Commands }) {
    this.shell = shell;
    this.commands = commands;
    this.place = place;
    this.signal = signal;
    this.service = new InterruptibleService(shell.service, signal, shell.events.own);
    // A builtin may take them out of its context: `{ fail }`.
    for (const name of methods) {
      const method: (...given: never[]) => unknown = this[name];
      Object.assign(this, { [name]: method.bind(this) });
    }
  }

  get output(): Output {
    return this.shell.output;
  }

  get builtins(): ReadonlyMap<string, Builtin> {
    return this.shell.builtins;
  }

  get jobNames(): JobNaming {
    return this.shell.jobNames;
  }

  get targets(): readonly string[] {
    return this.shell.targets;
  }

  set targets(targets: readonly string[]) {
    this.shell.targets = targets;
  }

  get atPrompt(): boolean {
    return this.shell.atPrompt && this.shell.depth === 0;
  }

  get choose(): BuiltinContext['choose'] {
    return this.atPrompt ? this.shell.choose : undefined;
  }

  get depth(): number {
    return this.shell.depth;
  }

  get folder(): string | undefined {
    return this.shell.folder;
  }

  clientsReady(signal = this.signal): Promise<boolean> {
    return this.commands.clientsReady(signal);
  }

  contract(name: string, at?: Word): CommandContract {
    return this.commands.contract(name, at);
  }

  send<C extends CommandContract>(
    targets: readonly string[],
    contract: C,
    args: ArgsOf<C>,
    options: SendOptions = {},
  ): Promise<Sent> {
    return this.commands.send({ targets, contract, args, options }, this);
  }

  prepareSend(contract: CommandContract, statement: Statement, isJudged = true): () => Promise<Sent | undefined> {
    return this.commands.prepareSend(contract, statement, this, isJudged);
  }

  async jobsMeant(words: readonly Word[], which?: 'unsettled' | 'endable'): Promise<JobView[]> {
    const jobs = await jobsMeant(this, words, which);
    this.shell.events.own.name(jobs);
    return jobs;
  }

  showRun(run: Promise<number>): ShownRun {
    return showRun(this.shell, this.service, run);
  }

  async untilSettled(find: () => Promise<readonly JobView[]>, signal = this.signal): Promise<JobView[]> {
    using notes = new DisposableStack();
    const noted = async () => {
      const jobs = await find();
      // Lines that send commands have their own notes.
      const waiting = jobs.filter((job) => job.state === 'waiting' && !this.shell.sent.has(job));
      const numbers = [...new Set(waiting.map(({ number }) => number))].slice(0, maxNotes);
      if (!this.atPrompt) for (const number of numbers) notes.use(noteAbsent(number, this));
      return jobs;
    };
    return await untilSettled(this.shell, noted, signal);
  }

  async judge(jobs: readonly JobView[]): Promise<void> {
    const { tally } = this.shell;
    const others = jobs.filter(({ number }) => !this.shell.jobNames.hasSent(number));
    const isOurs = (job: JobView) => tally.isEndedByUs(job);
    const { text, code: whole } = verdictOn(others, isOurs);
    if (whole === 0) return;
    const programs = await this.programsOf(others);
    tally.programsEnded([...programs.values()]);
    const { code } = verdictOn(
      others.filter((job) => !programs.has(job) && !(programs.size > 0 && job.error?.code === 'not_sent')),
      isOurs,
    );
    this.fail(new SignalboxError('command_failed', text), code);
  }

  /** Exit codes of failed programs, if they are handed through. */
  private async programsOf(jobs: readonly JobView[]): Promise<Map<JobView, number>> {
    const codes = new Map<JobView, number>();
    if (!this.shell.tally.handsThrough) return codes;
    for (const job of jobs.filter(({ outcome }) => outcome === 'failed')) {
      const { result, error = { code: 'internal', message: '' } } = await this.service.get(job);
      const code = exitCodeOfProgram({ outcome: 'failed', error, result });
      if (code !== undefined) codes.set(job, code);
    }
    return codes;
  }

  endsByUs(job: JobKey): void {
    this.shell.tally.endsByUs(job);
  }

  fail(error: SignalboxError, code?: ExitCode): void {
    this.shell.failed(error, this.place, code === undefined ? {} : { code });
  }

  async carryOut(source: string, lines: AsyncIterable<string>): Promise<void> {
    const { shell, signal } = this;
    await shell.within(dirname(source), async (failed) => {
      let line = 0;
      for await (const text of lines) {
        line += 1;
        if (failed.aborted) shell.stopped(`${source}: line ${line} and later were not run`);
        if (failed.aborted || signal.aborted) break;
        await shell.run({ source, line, text }, signal);
        // Check now, not at the next line: a pipe may never send one.
        if (shell.exited) break;
      }
    });
  }

  exit(code?: number): Promise<void> {
    return this.shell.exit(this.place, code);
  }
}
