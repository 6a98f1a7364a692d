import { SignalboxError } from '../../schemas/index.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { MethodContext } from '../plugin/service-method.ts';
import type { RequestOf, ResponseOf, RunDetails, RunView } from '../plugin/workflow-calls.ts';
import { rejectOnAbort } from '../reject-on-abort.ts';
import { startTimeout } from '../timer.ts';
import { nameOfFile } from './check-text.ts';
import type { WorkflowFolder } from './folder.ts';
import { LiveRun } from './live-run.ts';
import { loadWorkflow, type Workflow } from './load.ts';
import { parametersOf } from './parameters.ts';
import type { WorkflowNews } from './run-news.ts';
import type { Head } from './run-record.ts';
import { RunRecords } from './run-records.ts';
import { type RunStore, recordOf, type Versioned } from './run-store.ts';
import { detailsOf, viewOf } from './run-views.ts';

/** The runs that go on; more are refused. */
const maxRuns = 1_000;

/** How long runs of an earlier process wait for the clients to come back. */
const returnMs = 5_000;

type Params = Readonly<Record<string, string>>;

interface RunnerOptions {
  /** Of the server's owner; what a run does goes by that of its actor. */
  readonly service: JobService;
  readonly store: RunStore;
  readonly folder: WorkflowFolder | undefined;
  readonly tell: (event: WorkflowNews) => void;
}

/** Carries out the runs of a server, and answers what is asked about them. */
export class Runner implements AsyncDisposable {
  private readonly service: JobService;
  private readonly store: RunStore;
  private readonly folder: WorkflowFolder | undefined;
  private readonly tell: (event: WorkflowNews) => void;
  /** Is called after each end of a run. */
  onEnd: () => void = () => {};
  private readonly live = new Map<number, LiveRun>();
  /** Runs that cannot go on in this process: why. */
  private readonly stuck = new Map<number, string>();

  constructor({ service, store, folder, tell }: RunnerOptions) {
    this.service = service;
    this.store = store;
    this.folder = folder;
    this.tell = tell;
  }

  /** Goes on with the runs of an earlier process. @param onStuck is told of each that cannot go on, in a sentence. */
  async resume(onStuck: (sentence: string) => void): Promise<void> {
    const resumed: LiveRun[] = [];
    for (const head of await this.store.unfinished()) {
      const { run, workflow } = head.value;
      try {
        resumed.push(await this.open(head));
      } catch (error) {
        const { message } = SignalboxError.from(error, 'internal');
        this.stuck.set(run, message);
        onStuck(`run ${run} of ${workflow} cannot go on: ${message}`);
      }
    }
    if (resumed.length > 0) void this.followWhenBack(resumed);
  }

  async run({ source, params = {}, from }: RequestOf<'run'>, { actor }: MethodContext): Promise<RunView> {
    const { text, file } = 'text' in source ? source : this.named(source.name);
    return await this.begin({ text, file }, { actor, params, ...(from && { from }) });
  }

  /** Starts a run of a text. @throws SignalboxError `bad_usage`, `busy` */
  async begin(
    { text, file }: { readonly text: string; readonly file: string },
    {
      params = {},
      ...begun
    }: Pick<Head, 'actor' | 'from' | 'schedule' | 'plannedAtMs' | 'client'> & { params?: Params },
  ): Promise<RunView> {
    if (this.live.size >= maxRuns) throw new SignalboxError('busy', `${maxRuns} runs go on; wait for one to end`);
    const workflow = this.load(text, file);
    const missing = begun.from?.find((task) => !Object.hasOwn(workflow.definition.tasks, task));
    if (missing !== undefined) throw noTask(missing, Object.keys(workflow.definition.tasks));
    const head = await this.store.create({
      ...{ workflow: workflow.name, text, file, params: parametersOf(workflow.definition, params) },
      ...{ ...begun, actsAs: begun.actor, startedAtMs: Date.now() },
    });
    const live = await this.open(head, workflow);
    live.news.started();
    live.follow();
    return viewOf(head.value);
  }

  /** The run that a schedule has started for a time. */
  planned(schedule: string, plannedAtMs: number): Promise<number | undefined> {
    return this.store.planned(schedule, plannedAtMs);
  }

  /** How many runs of a schedule go on. */
  runningOf(schedule: string): number {
    return [...this.live.values()].filter(({ head }) => head.schedule === schedule).length;
  }

  /** Cancels the runs of a schedule. */
  async cancelOf(schedule: string): Promise<void> {
    const own = [...this.live.values()].filter(({ head }) => head.schedule === schedule);
    for (const live of own) await cancel(live, 'owner').catch(() => {});
  }

  async list({ limit, before }: RequestOf<'list'>): Promise<ResponseOf<'list'>> {
    const heads = await this.store.list(limit, before);
    const workflows = (this.folder?.workflows ?? []).map(({ text: _, triggers: __, ...known }) => known);
    return { runs: heads.map((head) => this.view(head)), workflows };
  }

  async show({ run }: { readonly run: number }): Promise<RunDetails> {
    const live = this.live.get(run);
    if (live) return detailsOf(live);
    const head = await this.store.head(run);
    try {
      return detailsOf(await this.open(head));
    } catch (error) {
      return { ...viewOf(head.value), problem: SignalboxError.from(error, 'internal').message, tasks: [] };
    }
  }

  async wait({ run }: { readonly run: number }, { signal }: Pick<MethodContext, 'signal'>): Promise<RunDetails> {
    const live = this.live.get(run);
    if (live) await rejectOnAbort(live.ended, signal);
    return await this.show({ run });
  }

  async cancel({ run }: { readonly run: number }, { actor }: MethodContext): Promise<RunView> {
    const live = await this.running(run);
    await cancel(live, actor);
    return this.view(live.head);
  }

  async approve({ run, task, answer }: RequestOf<'approve'>, { actor }: MethodContext): Promise<RunView> {
    const live = await this.running(run);
    if (!live.workflow.instances.some(({ key }) => key === task)) {
      throw noTask(
        task,
        live.workflow.instances.map(({ key }) => key),
      );
    }
    await live.change(async (records) => {
      const state = live.plan().states.get(task)?.state;
      if (state !== 'asking')
        throw new SignalboxError('bad_usage', `${task} of run ${run} asks nothing: it is ${state}`);
      await records.writeTask(task, { ...records.taskOf(task), approval: { answer, actor, atMs: Date.now() } });
      live.news.answered(task, answer, actor);
    });
    return this.view(live.head);
  }

  /** What did not complete is done again, and what follows from it, for whoever asks. */
  async retry({ run }: { readonly run: number }, { actor }: MethodContext): Promise<RunView> {
    if (this.live.has(run)) throw new SignalboxError('bad_usage', `run ${run} goes on; workflow cancel ${run} ends it`);
    const stored = await this.store.head(run);
    if (!stored.value.end) throw this.isStuck(run);
    if (stored.value.end.outcome === 'completed')
      throw new SignalboxError('bad_usage', `run ${run} has completed: there is nothing to retry`);
    const { states } = (await this.open(stored)).plan();
    const records = await this.store.tasksOf(run);
    // First: a run whose head has no end is planned by them.
    for (const [key, { state }] of states) {
      if (state === 'completed' || state === 'skipped') continue;
      const record = recordOf(records, run, key);
      const { approval, attempts } = record.value;
      const answered = approval?.answer === 'approved' ? { approval } : {};
      const asked = attempts.length > 0 ? { asked: attempts.length + 1 } : {};
      await this.store.writeTask(run, key, record, { attempts, ...answered, ...asked });
    }
    const { cancelled: _, end: __, ...kept } = stored.value;
    const head = await this.store.writeHead(stored, { ...kept, actsAs: actor });
    const live = await this.open(head);
    live.news.started();
    live.news.begin({ states, submissions: [] });
    live.follow();
    return this.view(head.value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.live.values()].map((live) => live.close()));
  }

  /** A client that has not come back yet has no labels: a target would miss it. */
  private async followWhenBack(resumed: readonly LiveRun[]): Promise<void> {
    using timeUp = startTimeout(returnMs);
    try {
      const expected = (await this.service.clients()).filter((client) => client.expected);
      await this.service.waitForClients(expected.length, { signal: timeUp.signal });
    } catch {
      // Some stay away, or the server ends: a run that is closed goes on with nothing.
    }
    for (const live of resumed) {
      live.news.begin(live.plan());
      live.follow();
    }
  }

  private named(name: string): { readonly text: string; readonly file: string } {
    if (this.folder) return this.folder.get(name);
    const why = 'this server was started without --workflows; a file has a / or ends in .yaml';
    throw new SignalboxError('bad_usage', `there is no workflow ${name}: ${why}`);
  }

  private view(head: Head): RunView {
    return viewOf(head, this.live.get(head.run)?.problem ?? this.stuck.get(head.run));
  }

  private load(text: string, file: string): Workflow {
    const loaded = loadWorkflow(text, { name: nameOfFile(file), contracts: this.service.commands });
    if ('workflow' in loaded) return loaded.workflow;
    const lines = loaded.problems.map(({ line, column, sentence }) => `${file}:${line}:${column}: ${sentence}`);
    throw new SignalboxError('bad_usage', lines.join('\n'));
  }

  private async open(head: Versioned<Head>, workflow?: Workflow): Promise<LiveRun> {
    const { run, text, file, end } = head.value;
    const live = new LiveRun({
      ...{ service: this.service, tell: this.tell },
      workflow: workflow ?? this.load(text, file),
      records: new RunRecords(this.store, head, await this.store.tasksOf(run)),
    });
    if (end) return live;
    this.live.set(run, live);
    void live.ended.then(() => {
      this.live.delete(run);
      this.onEnd();
    });
    return live;
  }

  private async running(run: number): Promise<LiveRun> {
    const live = this.live.get(run);
    if (live) return live;
    const { end } = (await this.store.head(run)).value;
    throw end ? new SignalboxError('bad_usage', `run ${run} has ended: ${end.outcome}`) : this.isStuck(run);
  }

  private isStuck(run: number): SignalboxError {
    return new SignalboxError(
      'bad_usage',
      `run ${run} cannot go on: ${this.stuck.get(run) ?? 'another server has it'}`,
    );
  }
}

async function cancel(live: LiveRun, actor: string): Promise<void> {
  await live.change(async (records) => {
    const { head } = records;
    if (!head.cancelled) await records.writeHead({ ...head, cancelled: { actor, atMs: Date.now() } });
  });
}

const noTask = (task: string, known: readonly string[]): SignalboxError =>
  new SignalboxError('bad_usage', `there is no task ${task}; there is ${known.slice(0, 20).join(', ')}`);
