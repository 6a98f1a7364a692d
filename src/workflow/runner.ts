import { SignalboxError } from '../../schemas/index.ts';
import { type Acting, everybodyActs } from '../plugin/acting.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { MethodContext } from '../plugin/service-method.ts';
import type { RequestOf, ResponseOf, RunDetails, RunView } from '../plugin/workflow-calls.ts';
import { rejectOnAbort } from '../reject-on-abort.ts';
import type { WorkflowFolder } from './folder.ts';
import type { LiveRun } from './live-run.ts';

import { LiveRuns } from './live-runs.ts';
import type { Workflow } from './load.ts';

import { parametersOf } from './parameters.ts';
import { retryRun } from './retry-run.ts';
import type { WorkflowNews } from './run-news.ts';
import type { Head } from './run-record.ts';
import type { RunStore } from './run-store.ts';
import { detailsOf, viewOf } from './run-views.ts';
import { refuseSecrets, type SecretRefusal } from './secret-refusal.ts';

/** Maximum number of active runs. */
const maxRuns = 1_000;
/** Maximum number of tasks of a workflow that a list names. */
const maxNamed = 100;

type Params = Readonly<Record<string, string>>;

interface Source {
  readonly text: string;
  readonly file: string;
  /** The loaded workflow, if it comes from the folder. */
  readonly loaded?: Workflow;
}

interface Begun extends Pick<Head, 'actor' | 'from' | 'schedule' | 'plannedAtMs' | 'isBackfill' | 'client'> {
  readonly params?: Params;
}

interface RunnerOptions {
  /** The service of the server's owner. A run acts through the service of its actor. */
  readonly service: JobService;
  readonly store: RunStore;
  /** Start time of the server, in ms since the epoch. */
  readonly startedAtMs: number;
  readonly folder: WorkflowFolder | undefined;
  /** For workflows of the folder. Default: no secrets are permitted. */
  readonly secretRefusal?: SecretRefusal;
  /** Which actors may still act. Default: everybody. */
  readonly acting?: Acting | undefined;
  readonly tell: (event: WorkflowNews) => void;
}

/** Starts the runs of a server, and answers requests about them. */
export class Runner implements AsyncDisposable {
  readonly store: RunStore;
  private readonly folder: WorkflowFolder | undefined;
  readonly runs: LiveRuns;
  /** Number of runs that are just being stored. */
  private beginning = 0;

  constructor({
    service,
    store,
    startedAtMs,
    folder,
    secretRefusal = refuseSecrets,
    acting = everybodyActs,
    tell,
  }: RunnerOptions) {
    this.store = store;
    this.folder = folder;
    this.runs = new LiveRuns({ service, store, startedAtMs, secretRefusal, acting, tell });
  }

  /** Called after each end of a run that a schedule started, with the name of the schedule. */
  set onEnd(onEnd: (schedule: string) => void) {
    this.runs.onEnd = onEnd;
  }

  /**
   * Continues the runs of an earlier process. @param onStuck called for each run that cannot continue, with a sentence.
   */
  async resume(onStuck: (sentence: string) => void): Promise<void> {
    await this.runs.resume(onStuck);
  }

  async run({ source, params = {}, from }: RequestOf<'run'>, { actor }: MethodContext): Promise<RunView> {
    const found = 'text' in source ? { text: source.text, file: source.file } : this.named(source.name);
    return await this.begin(found, { actor, params, ...(from && { from }) });
  }

  /** Starts a run of a text. @throws SignalboxError `bad_usage`, `busy` */
  async begin({ text, file, loaded }: Source, { params = {}, ...begun }: Begun): Promise<RunView> {
    if (this.runs.count + this.beginning >= maxRuns)
      throw new SignalboxError('busy', `${maxRuns} runs are active; wait for one to end`);
    const workflow = loaded ?? this.runs.load({ text, file });
    const missing = begun.from?.find((task) => !Object.hasOwn(workflow.definition.tasks, task));
    if (missing !== undefined) throw noTask(missing, Object.keys(workflow.definition.tasks));
    const given = parametersOf(workflow.definition, params);
    this.beginning += 1;
    try {
      const head = await this.store.create({
        ...{ workflow: workflow.name, text, file, params: given },
        ...{ ...begun, startedAtMs: Date.now(), ...(loaded && { isOfFolder: true }) },
      });
      const live = this.runs.add(head, workflow);
      live.news.started(begun.actor);
      this.runs.begin(live);
      return viewOf(head.value);
    } finally {
      this.beginning -= 1;
    }
  }

  /** The run that a schedule has started for a planned time. */
  planned(schedule: string, plannedAtMs: number): Promise<number | undefined> {
    return this.store.planned(schedule, plannedAtMs);
  }

  /** Number of active runs of a schedule, and how many of them belong to a backfill. */
  runningOf(schedule: string): { readonly running: number; readonly backfilling: number } {
    const own = this.runs.ofSchedule(schedule);
    return { running: own.length, backfilling: own.filter(({ head }) => head.isBackfill).length };
  }

  /** Cancels the runs of a schedule. */
  async cancelOf(schedule: string): Promise<void> {
    for (const live of this.runs.ofSchedule(schedule)) await cancel(live, 'owner').catch(() => {});
  }

  async list({ limit, before }: RequestOf<'list'>): Promise<ResponseOf<'list'>> {
    const heads = await this.store.list(limit, before);
    const known = this.folder?.workflows ?? [];
    const workflows = known.map(({ name, file, description, loaded: { definition } }) => ({
      ...{ name, file, ...(description !== undefined && { description }), params: definition.params },
      tasks: Object.keys(definition.tasks).slice(0, maxNamed),
    }));
    return { runs: heads.map((head) => this.view(head)), workflows };
  }

  async show({ run }: { readonly run: number }): Promise<RunDetails> {
    const live = this.runs.get(run);
    if (live) return detailsOf(live);
    const head = await this.store.head(run);
    try {
      return detailsOf(await this.runs.open(head));
    } catch (error) {
      return { ...viewOf(head.value), problem: SignalboxError.from(error, 'internal').message, tasks: [] };
    }
  }

  async wait({ run }: { readonly run: number }, { signal }: Pick<MethodContext, 'signal'>): Promise<RunDetails> {
    const live = this.runs.get(run);
    if (live) await rejectOnAbort(live.ended, signal);
    return await this.show({ run });
  }

  async cancel({ run }: { readonly run: number }, { actor }: MethodContext): Promise<RunView> {
    const live = await this.runs.running(run);
    await cancel(live, actor);
    return this.view(live.head);
  }

  async approve({ run, task, answer }: RequestOf<'approve'>, { actor }: MethodContext): Promise<RunView> {
    const live = await this.runs.running(run);
    const keys = live.workflow.instances.map(({ key }) => key);
    if (!keys.includes(task)) throw noTask(task, keys);
    await live.change(async (records) => {
      const state = live.plan().states.get(task)?.state;
      if (state !== 'asking')
        throw new SignalboxError('bad_usage', `${task} of run ${run} does not wait for approval: it is ${state}`);
      await records.writeApproval(task, { answer, actor, atMs: Date.now() });
      live.news.answered(task, answer, actor);
    });
    return this.view(live.head);
  }

  /** Repeats what did not complete, and what follows from it, for the caller. */
  async retry({ run, task }: RequestOf<'retry'>, { actor }: MethodContext): Promise<RunView> {
    return this.view((await retryRun(run, { task, actor }, this)).head);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runs[Symbol.asyncDispose]();
  }

  private named(name: string): Source {
    if (this.folder) return this.folder.get(name);
    const why = 'the server was started without --workflows (the path of a file contains / or ends in .yaml)';
    throw new SignalboxError('bad_usage', `there is no workflow ${name}: ${why}`);
  }

  private view(head: Head): RunView {
    return viewOf(head, this.runs.problemOf(head.run));
  }
}

async function cancel(live: LiveRun, actor: string): Promise<void> {
  await live.change(async (records) => {
    const { head } = records;
    if (!head.cancelled) await records.writeHead({ ...head, cancelled: { actor, atMs: Date.now() } });
  });
}

const noTask = (task: string, known: readonly string[]): SignalboxError =>
  new SignalboxError('bad_usage', `there is no task ${task}; the tasks are ${known.slice(0, 20).join(', ')}`);
