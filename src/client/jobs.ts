import {
  type FromServer,
  type JobSignal,
  jobIdSchema,
  limits,
  type Message,
  SignalboxError,
  type Stream,
  type Welcome,
} from '../../schemas/index.ts';
import type { LeftJob } from '../plugin/implement.ts';
import { counterOf, epochIdOf, HeldJobs } from './held-jobs.ts';
import { Job, type Settlement } from './job.ts';
import type { JobSurroundings } from './job-context.ts';
import { listingOf } from './job-listing.ts';
import type { MessageId, Send } from './job-output.ts';
import { Newest } from './newest.ts';
import { OutcomesElsewhere } from './outcomes-elsewhere.ts';
import { RunningJobs } from './running-jobs.ts';
import type { Task, Work } from './task.ts';

/** A data command that is about to run. */
export interface Starting {
  /** The id of the job. */
  readonly id: string;
  readonly command: string;
  /** The `traceparent` of the command. */
  readonly traceparent: string | undefined;
}

export interface JobsOptions extends JobSurroundings {
  readonly onChange: () => void;
  /** Called for each accepted command. */
  readonly onBegan?: (job: Job) => void;
  /** Called for each settled command, accepted or not. */
  readonly onEnded?: (job: Job, settlement: Settlement) => void;
  /** @returns the `traceparent` of the job, if it differs from that of its command. */
  readonly trace?: ((starting: Starting) => string | undefined) | undefined;
  /** How long an outcome is held for a store other than that of the session, in ms. Default: `limits.forgetAfterMs`. */
  readonly forgetAfterMs?: number | undefined;
}

/**
 * The commands of this client that are running, or are settled and not yet acked. No id runs twice. A repeat of a held
 * command is answered from memory. A repeat that is not held is `stale`: servers only repeat unanswered ids, so another
 * server must have received the outcome.
 *
 * Rejections are also kept, but only the last `maxUnacceptedCommands`: a server never waits for more answers.
 */
export class Jobs {
  private readonly held = new HeldJobs();
  private readonly elsewhere: OutcomesElsewhere;
  private readonly rejected = new Newest<Job>(limits.maxUnacceptedCommands);
  readonly running: RunningJobs;
  private readonly onChange: () => void;
  private readonly onBegan: (job: Job) => void;
  private readonly onEnded: (job: Job, settlement: Settlement) => void;
  private readonly trace: ((starting: Starting) => string | undefined) | undefined;

  constructor(options: JobsOptions) {
    this.running = new RunningJobs(options, options.onChange);
    this.onChange = options.onChange;
    this.onBegan = options.onBegan ?? (() => {});
    const { onEnded = () => {}, forgetAfterMs = limits.forgetAfterMs } = options;
    this.onEnded = (job, settlement) => {
      if (!this.held.isListed(job)) this.elsewhere.add(job);
      onEnded(job, settlement);
      if (job.ackedAhead) this.forget(job);
    };
    this.elsewhere = new OutcomesElsewhere(forgetAfterMs, (job) => this.forget(job));
    this.trace = options.trace;
  }

  /** Number of outcomes that no server has acked. */
  get unacked(): number {
    return this.held.size - this.running.size;
  }

  /** Whether no outcome waits for an ack in this session. */
  get allAcked(): boolean {
    return this.held.size === this.elsewhere.size;
  }

  /** Oldest first. */
  all(): readonly Job[] {
    return this.held.all();
  }

  /** Begins a session with a server of this epoch. */
  begin(epochId: string, options?: Partial<Pick<Welcome, 'store' | 'adopt'>>): void {
    this.held.begin(epochId, options);
    this.elsewhere.begin(this.held.all().filter((job) => !this.held.isListed(job)));
  }

  /** Lists the jobs held for the server of the session, and the number of jobs held for other stores. */
  list(send: Send): void {
    let elsewhere = 0;
    for (const job of this.held.all()) {
      if (this.held.isListed(job)) send(listingOf(job, this.held.idFor(job)));
      else elsewhere += 1;
    }
    send({ type: 'jobs-end', elsewhere });
  }

  /**
   * Admits a new command, which the caller must settle, hold or start. A repeat is answered here with its known state.
   * @returns undefined if it is a repeat.
   */
  admit(id: MessageId, command: string, send: Send): Job | undefined {
    const known = this.held.find(id);
    if (known) {
      known.repeat(send, id);
      return undefined;
    }
    const epoch = this.held.epochOfCommand(id);
    const counter = counterOf(id);
    if (!epoch || counter <= epoch.highest) {
      send({ type: 'stale', id });
      return undefined;
    }
    epoch.highest = counter;
    return this.held.add(new Job(epoch, counter, command, this.onEnded));
  }

  /**
   * Makes room for the outcome of the job that was admitted last, if necessary by forgetting the oldest outcome for
   * another store.
   * @throws SignalboxError `busy` if there is none.
   */
  checkRoom(): void {
    if (this.unacked <= limits.maxHeldResults || this.elsewhere.giveWay()) return;
    throw new SignalboxError('busy', `${limits.maxHeldResults} results wait for a server to ack them`);
  }

  /** Settles a command without running it. */
  settle(job: Job, settlement: Settlement, send: Send): void {
    const forgotten = settlement.outcome === 'rejected' ? this.rejected.add(job) : undefined;
    if (forgotten !== undefined) this.forget(forgotten);
    job.settle(settlement);
    job.attach(send, this.held.idFor(job), {});
  }

  /** Holds an accepted command whose owner settles it later with `job.settle`, such as a control command. */
  hold(job: Job, send: Send): void {
    job.begin(send, this.held.idFor(job));
    this.onBegan(job);
  }

  /**
   * Starts a data command.
   * @throws SignalboxError `busy`, without starting anything.
   */
  start(job: Job, message: Message<FromServer, 'command'>, task: Task, work: Work, send: Send): void {
    this.running.checkRoom();
    const traceparent = this.traced(job, message.traceparent) ?? message.traceparent;
    job.standing = message.standing === true;
    this.hold(job, send);
    this.running.run(job, { task, work, timeoutMs: message.timeoutMs, traceparent });
  }

  /**
   * Continues a job that an earlier process of this client started. Its messages go to the server that fetches it.
   * @throws SignalboxError `bad_usage` if a job with this id is already held, or the id is not valid.
   */
  takeUp({ id, storeId, timeoutMs }: Omit<LeftJob, 'goOn'>, command: string, task: Task, work: Work): void {
    if (this.held.find(id)) throw new SignalboxError('bad_usage', `job ${id} was recovered twice`);
    if (!jobIdSchema.safeParse(id).success) throw new SignalboxError('bad_usage', `'${id}' is not the id of a job`);
    const epoch = this.held.use(epochIdOf(id));
    const counter = counterOf(id);
    // Commands that its server sent later to the earlier process are lost. Those that arrive from now on have higher
    // counters.
    epoch.highest = Math.max(epoch.highest, counter);
    if (storeId !== undefined) epoch.store ??= { id: storeId, durable: storeId !== epoch.id };
    const job = this.held.add(new Job(epoch, counter, command, this.onEnded));
    job.takenUp = true;
    const traceparent = this.traced(job, undefined);
    this.onBegan(job);
    this.running.run(job, { task, work, timeoutMs, traceparent });
  }

  /** Whether a job with this id is held. */
  holds(id: string): boolean {
    return this.held.find(id) !== undefined;
  }

  /** Cancels a job. An unknown id may belong to a command that has not arrived yet. */
  cancel(id: MessageId): void {
    const job = this.held.find(id);
    if (job) job.end(new SignalboxError('cancelled', 'cancelled by the server'));
    else this.held.epochOf(id)?.cancelAhead(counterOf(id));
  }

  ack(ids: readonly MessageId[]): void {
    for (const id of ids) {
      const job = this.held.find(id);
      if (job?.settled) this.forget(job);
      else if (job?.takenUp) job.ackAhead();
    }
    this.onChange();
  }

  /** Forgets outcomes for other stores that are due. @returns the number forgotten since the last call. */
  tick(nowMs: number): number {
    return this.elsewhere.tick(nowMs);
  }

  outputAcked(id: MessageId, stream: Stream, offset: number): void {
    this.held.find(id)?.outputAcked(stream, offset);
  }

  recordsAcked(id: MessageId, offset: number): void {
    this.held.find(id)?.recordsAcked(offset);
  }

  attach({ id, from, records }: Message<FromServer, 'fetch'>, send: Send): void {
    this.held.find(id)?.attach(send, id, from, records);
  }

  signal(id: MessageId, signal: JobSignal): void {
    this.held.find(id)?.sendSignal(signal);
  }

  disposeAll(): void {
    for (const job of this.held.all()) job.dispose();
  }

  detachAll(): void {
    for (const job of this.held.all()) job.detach();
  }

  private forget(job: Job): void {
    this.held.delete(job);
    if (this.elsewhere.size > 0) this.elsewhere.delete(job);
    if (this.rejected.size > 0) this.rejected.delete(job);
    job.dispose();
    job.onForgotten?.();
  }

  private traced(job: Job, traceparent: string | undefined): string | undefined {
    return this.trace?.({ id: job.id, command: job.command, traceparent });
  }
}
