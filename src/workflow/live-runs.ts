import { SignalboxError } from '../../schemas/index.ts';
import type { Acting } from '../plugin/acting.ts';
import type { JobService } from '../plugin/job-service.ts';
import { nameOfFile } from './check-text.ts';
import { LiveRun } from './live-run.ts';
import { loadWorkflow, type Workflow } from './load.ts';
import { ReturningClients } from './returning-clients.ts';
import type { WorkflowNews } from './run-news.ts';
import type { Head } from './run-record.ts';
import { RunRecords } from './run-records.ts';
import type { RunStore, Versioned } from './run-store.ts';
import { checkedBefore, refuseSecrets, type SecretRefusal } from './secret-refusal.ts';

interface LiveRunsOptions {
  /** The service of the server's owner. A run acts through the service of its actor. */
  readonly service: JobService;
  readonly store: RunStore;
  /** Start time of the server, in ms since the epoch. */
  readonly startedAtMs: number;
  /** For workflows of the folder. */
  readonly secretRefusal: SecretRefusal;
  readonly acting: Acting;
  readonly tell: (event: WorkflowNews) => void;
}

/** The active runs of this process, and the runs that cannot continue. */
export class LiveRuns implements AsyncDisposable {
  /** Called after each end of a run that a schedule started, with the name of the schedule. */
  onEnd: (schedule: string) => void = () => {};
  private readonly options: LiveRunsOptions;
  private readonly live = new Map<number, LiveRun>();
  private readonly bySchedule = new Map<string, Set<LiveRun>>();
  private readonly returning: ReturningClients;
  private readonly stuck = new Map<number, string>();
  private readonly listening: Disposable;

  constructor(options: LiveRunsOptions) {
    this.options = options;
    this.listening = options.acting.onGone(() => {
      for (const live of this.live.values()) live.look();
    });
    this.returning = new ReturningClients(options.service, options.startedAtMs);
  }

  get count(): number {
    return this.live.size;
  }

  get(run: number): LiveRun | undefined {
    return this.live.get(run);
  }

  ofSchedule(schedule: string): LiveRun[] {
    return [...(this.bySchedule.get(schedule) ?? [])];
  }

  /** Why a run that has not ended cannot continue. */
  problemOf(run: number): string | undefined {
    return this.live.get(run)?.problem ?? this.stuck.get(run);
  }

  /**
   * Continues the runs of an earlier process. @param onStuck called for each run that cannot continue, with a sentence.
   */
  async resume(onStuck: (sentence: string) => void): Promise<void> {
    const resumed: LiveRun[] = [];
    for (const head of await this.options.store.unfinished()) {
      const { run, workflow } = head.value;
      try {
        const live = await this.open(head);
        live.mayComeLater = () => this.returning.mayCome;
        resumed.push(live);
      } catch (error) {
        const { message } = SignalboxError.from(error, 'internal');
        this.stuck.set(run, message);
        onStuck(`run ${run} of ${workflow} cannot continue: ${message}`);
      }
    }
    if (resumed.length > 0) void this.followWhenBack(resumed);
  }

  /** @throws SignalboxError `bad_usage` */
  load({ text, file }: Pick<Head, 'text' | 'file'>, secretRefusal = refuseSecrets): Workflow {
    const { commands: contracts } = this.options.service;
    const loaded = loadWorkflow(text, { name: nameOfFile(file), contracts, secretRefusal });
    if ('workflow' in loaded) return loaded.workflow;
    const lines = loaded.problems.map(({ line, column, sentence }) => `${file}:${line}:${column}: ${sentence}`);
    throw new SignalboxError('bad_usage', lines.join('; '));
  }

  /** Opens a run. If it has not ended, it continues in this process once it is followed. */
  async open(head: Versioned<Head>): Promise<LiveRun> {
    const workflow = this.load(head.value, checkedBefore);
    return this.add(head, workflow, await this.options.store.tasksOf(head.value.run));
  }

  /** @param tasks its stored tasks; empty for a new run. */
  add(head: Versioned<Head>, workflow: Workflow, tasks: Awaited<ReturnType<RunStore['tasksOf']>> = new Map()): LiveRun {
    const { service, store, acting, tell } = this.options;
    const { run, end, schedule } = head.value;
    const secretRefusal = this.secretRefusalOf(head.value);
    const records = new RunRecords(store, head, tasks);
    const live = new LiveRun({ service, tell, secretRefusal, acting, workflow, records });
    if (end) return live;
    this.live.set(run, live);
    if (schedule !== undefined) this.bySchedule.set(schedule, (this.bySchedule.get(schedule) ?? new Set()).add(live));
    void live.ended.then(() => {
      this.live.delete(run);
      if (schedule !== undefined) this.endedOf(schedule, live);
    });
    return live;
  }

  /** Starts a run. A run that nobody waits for starts when the clients are back. */
  begin(live: LiveRun): void {
    if (live.head.schedule === undefined) live.follow();
    else void this.returning.back().then(() => live.follow());
  }

  /** @throws SignalboxError `bad_usage` if it is not active, `no_such_job` */
  async running(run: number): Promise<LiveRun> {
    const live = this.live.get(run);
    if (live) return live;
    const { end } = (await this.options.store.head(run)).value;
    throw end ? new SignalboxError('bad_usage', `run ${run} has ended: ${end.outcome}`) : this.isStuck(run);
  }

  isStuck(run: number): SignalboxError {
    const why = this.stuck.get(run) ?? 'another server runs it';
    return new SignalboxError('bad_usage', `run ${run} cannot continue: ${why}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.listening[Symbol.dispose]();
    await Promise.all([...this.live.values()].map((live) => live.close()));
  }

  private endedOf(schedule: string, live: LiveRun): void {
    const own = this.bySchedule.get(schedule);
    own?.delete(live);
    if (own?.size === 0) this.bySchedule.delete(schedule);
    this.onEnd(schedule);
  }

  private secretRefusalOf({ isOfFolder }: Head): SecretRefusal {
    return isOfFolder ? this.options.secretRefusal : refuseSecrets;
  }

  private async followWhenBack(resumed: readonly LiveRun[]): Promise<void> {
    await this.returning.back();
    for (const live of resumed) {
      live.news.begin(live.plan());
      live.follow();
    }
  }
}
