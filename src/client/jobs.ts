import {
  type FromServer,
  type JobSignal,
  jobIdSchema,
  limits,
  type Message,
  type Offsets,
  SignalboxError,
  type Stream,
} from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { startTimer } from '../process/timer.ts';
import { Job, type Settlement } from './job.ts';
import { RunContext } from './job-context.ts';
import type { Send } from './job-output.ts';
import { NewestIds } from './newest-ids.ts';
import { ReceivedIds } from './received-ids.ts';
import { runJob, runNow } from './run-job.ts';
import type { Task, Work } from './task.ts';

/** A data command that is about to run. */
export interface Starting {
  readonly id: string;
  readonly command: string;
  /** The `traceparent` of the command. */
  readonly traceparent: string | undefined;
}

/**
 * The commands of this client that run, or are settled and not yet acked. No id runs twice. A repeat of a held command
 * is answered from memory. A repeat that is not held is answered as lost: servers repeat only unanswered ids, so
 * another server has taken the outcome meanwhile.
 *
 * Rejections are kept too, but only the last `maxUnacceptedCommands`: a server waits for no more answers than that.
 */
export class Jobs {
  private readonly held = new Map<string, Job>();
  private readonly received = new ReceivedIds();
  private readonly cancelledAhead = new NewestIds(limits.maxUnacceptedCommands);
  private readonly rejected = new NewestIds(limits.maxUnacceptedCommands);
  private readonly onChange: () => void;
  private readonly print: (line: string) => void;
  private readonly onBegan: (job: Job) => void;
  private readonly onEnded: (job: Job, settlement: Settlement) => void;
  private readonly trace: ((starting: Starting) => string | undefined) | undefined;
  private readonly runners = new Set<Job>();
  /** Brief jobs started in this turn. */
  private readonly unannounced: Job[] = [];

  constructor(options: {
    print: (line: string) => void;
    onChange: () => void;
    /** Called for each accepted command. */
    onBegan?: (job: Job) => void;
    /** Called for each settled command, accepted or not. */
    onEnded?: (job: Job, settlement: Settlement) => void;
    /** @returns the `traceparent` of the job, if it differs from that of its command. */
    trace?: ((starting: Starting) => string | undefined) | undefined;
  }) {
    this.print = options.print;
    this.onChange = options.onChange;
    this.onBegan = options.onBegan ?? (() => {});
    this.onEnded = options.onEnded ?? (() => {});
    this.trace = options.trace;
  }

  /** Number of running jobs. */
  get running(): number {
    return this.runners.size;
  }

  /** Number of outcomes that no server has acked. */
  get unacked(): number {
    return this.held.size - this.runners.size;
  }

  get allAcked(): boolean {
    return this.held.size === 0;
  }

  all(): Iterable<Job> {
    return this.held.values();
  }

  /** Whether a command is new. A repeat of a held one is answered here, with what is known of it. */
  admit(id: string, send: Send): boolean {
    const job = this.held.get(id);
    if (job) {
      job.repeat(send);
      return false;
    }
    if (this.received.take(id)) return true;
    const error = new SignalboxError('lost', 'it was taken before, and another server has taken its outcome').toWire();
    send({ type: 'rejected', id, error });
    return false;
  }

  /** @throws SignalboxError `busy` if no more outcomes can be kept. */
  checkRoom(): void {
    if (this.unacked < limits.maxHeldResults) return;
    throw new SignalboxError('busy', `${limits.maxHeldResults} results wait for a server to ack them`);
  }

  /** Settles a command without running it. */
  settle(id: string, command: string, settlement: Settlement, send: Send): Job {
    const job = this.newJob(id, command);
    const forgotten = settlement.outcome === 'rejected' ? this.rejected.add(id) : undefined;
    if (forgotten !== undefined) this.held.delete(forgotten);
    job.settle(settlement);
    job.attach(send, {});
    return job;
  }

  /** Holds a command that is accepted now and settled later by `job.settle`, as control commands are. */
  hold(id: string, command: string, send: Send): Job {
    const job = this.newJob(id, command);
    job.begin(send);
    this.onBegan(job);
    return job;
  }

  /**
   * Starts a data command.
   * @throws SignalboxError `busy`, without starting anything.
   */
  start(message: Message<FromServer, 'command'>, task: Task, work: Work, send: Send): void {
    if (this.runners.size >= limits.maxJobs) throw new SignalboxError('busy', `${limits.maxJobs} jobs are running`);
    const { id, name: command, timeoutMs } = message;
    const traceparent = this.trace?.({ id, command, traceparent: message.traceparent }) ?? message.traceparent;
    const job = this.hold(id, command, send);
    if (!task.brief) job.announce();
    if (this.run(job, task, work, timeoutMs, traceparent)) return;
    if (task.brief) this.announceLater(job);
  }

  /**
   * Continues a job that a former process of this client started. Its messages go to the server that fetches it.
   * @throws SignalboxError `bad_usage` if a job with this id is already held, or the id is invalid.
   */
  takeUp(id: string, command: string, task: Task, work: Work, timeoutMs: number | undefined): void {
    if (this.held.has(id)) throw new SignalboxError('bad_usage', `job ${id} was taken up twice`);
    if (!jobIdSchema.safeParse(id).success) throw new SignalboxError('bad_usage', `'${id}' is not the id of a job`);
    // Commands that its server sent later to the former process are lost. Those that arrive from now on have higher
    // counters.
    this.received.raise(id);
    const traceparent = this.trace?.({ id, command, traceparent: undefined });
    const job = this.newJob(id, command);
    this.onBegan(job);
    this.run(job, task, work, timeoutMs, traceparent);
  }

  /** Cancels one job. An unknown id may belong to a command that has not arrived yet. */
  cancel(id: string): void {
    const job = this.held.get(id);
    if (job) job.end(new SignalboxError('cancelled', 'cancelled by the server'));
    else this.cancelledAhead.add(id);
  }

  /** Whether a command was cancelled before it arrived. */
  wasCancelled(id: string): boolean {
    return this.cancelledAhead.delete(id);
  }

  endAll(cause: SignalboxError): void {
    for (const job of this.runners) job.end(cause);
  }

  /**
   * Settles the jobs that did not stop when told to, since they end with this process.
   * @returns these jobs, as `ID COMMAND`.
   */
  abandonAll(cause: SignalboxError): string[] {
    const left = [...this.runners];
    this.runners.clear();
    for (const job of left) {
      const durationMs = Math.round(monotonicMs() - job.startedAtMs);
      job.settle({ outcome: 'cancelled', error: cause.toWire(), durationMs });
    }
    return left.map(({ id, command }) => `${id} ${command}`);
  }

  ack(ids: readonly string[]): void {
    for (const id of ids) {
      const job = this.held.get(id);
      if (job?.settled) {
        this.held.delete(id);
        job.dispose();
      }
      this.rejected.delete(id);
    }
    this.onChange();
  }

  outputAcked(id: string, stream: Stream, offset: number): void {
    this.held.get(id)?.outputAcked(stream, offset);
  }

  attach(id: string, send: Send, from: Offsets): void {
    this.held.get(id)?.attach(send, from);
  }

  signal(id: string, signal: JobSignal): void {
    this.held.get(id)?.sendSignal(signal);
  }

  disposeAll(): void {
    for (const job of this.held.values()) job.dispose();
  }

  detachAll(): void {
    for (const job of this.held.values()) job.detach();
  }

  /** @returns whether it has ended. */
  private run(
    job: Job,
    task: Task,
    work: Work,
    timeoutMs: number | undefined,
    traceparent: string | undefined,
  ): boolean {
    const context = new RunContext(job, traceparent, this.print);
    const running = task.brief ? runNow(job, task, work, context) : runJob(job, task, work, context);
    if (running) void this.follow(job, running, timeoutMs);
    else this.onChange();
    return running === undefined;
  }

  private async follow(job: Job, running: Promise<void>, timeoutMs: number | undefined): Promise<void> {
    this.runners.add(job);
    const end = () => job.end(new SignalboxError('deadline_exceeded', `still running after ${timeoutMs} ms`));
    using _deadline = timeoutMs === undefined ? undefined : startTimer(timeoutMs, end);
    await running;
    this.runners.delete(job);
    this.onChange();
  }

  /** Announces the brief jobs that did not end in the turn in which they began, like any other job. */
  private announceLater(job: Job): void {
    this.unannounced.push(job);
    if (this.unannounced.length > 1) return;
    setImmediate(() => {
      for (const one of this.unannounced.splice(0)) one.announce();
    });
  }

  private newJob(id: string, command: string): Job {
    const job = new Job(id, command, this.onEnded);
    this.held.set(id, job);
    return job;
  }
}
