import { SignalboxError } from '../../schemas/index.ts';
import { limits } from '../../schemas/limits.ts';
import type { Acting } from '../plugin/acting.ts';
import type { Server } from '../plugin/job-service.ts';
import {
  type ScheduleMethod,
  type ScheduleRequest,
  type ScheduleResponse,
  scheduleCalls,
} from '../plugin/schedule-calls.ts';
import type { MethodContext, ServiceMethod } from '../plugin/service-method.ts';
import { type RequestOf, type ResponseOf, type WorkflowMethod, workflowCalls } from '../plugin/workflow-calls.ts';
import { createMemoryCollections } from '../store/memory/memory-collection.ts';
import { sleep } from '../timer.ts';
import type { WorkflowFolder } from './folder.ts';
import { type Collections, RunStore } from './run-store.ts';
import { viewOf } from './run-views.ts';
import type { Runner } from './runner.ts';
import type { Scheduler } from './scheduler.ts';
import { refuseSecrets, type SecretRefusal } from './secret-refusal.ts';

const pruneMs = 3_600_000;
/** Delay before a store that could not be read is read again, in ms. */
const againMs = 1_000;

interface WorkflowOptions {
  /** Collections of the server's store; undefined if the server keeps its jobs in memory. */
  readonly collections?: Collections | undefined;
  /** A folder of workflows, which are run by name. */
  readonly folder?: string | undefined;
  /** Returns why a workflow of the folder may not use a secret. Default: no secrets are permitted. */
  readonly secretRefusal?: SecretRefusal;
  /** Which actors may still act. Default: everybody. */
  readonly acting?: Acting | undefined;
  /** Time after which an absent client is gone, in ms. Default: that of a server. */
  readonly lostAfterMs?: number;
  /** How long a run is kept after its end, in ms. Default: without limit. */
  readonly keepMs?: number | undefined;
  /** Called with warnings for people. */
  readonly warn: (sentence: string) => void;
}

type Handlers = {
  readonly [Method in WorkflowMethod]: (
    request: RequestOf<Method>,
    context: MethodContext,
  ) => Promise<ResponseOf<Method>>;
};

type ScheduleHandlers = {
  readonly [Method in ScheduleMethod]: (
    request: ScheduleRequest<Method>,
    context: MethodContext,
  ) => Promise<ScheduleResponse<Method>>;
};

/**
 * The workflows of a server. The code that reads and runs them is loaded on first use, so that a server without
 * workflows is not delayed.
 */
export class Workflows implements AsyncDisposable {
  /** By full name. */
  readonly methods: ReadonlyMap<string, ServiceMethod>;
  private readonly store: RunStore;
  private readonly options: WorkflowOptions;
  private readonly collections: Collections;
  private runner: Promise<Runner> | undefined;
  private scheduler: Scheduler | undefined;
  private service: Server | undefined;
  private startedAtMs = 0;
  private folder: WorkflowFolder | undefined;
  private pruning: NodeJS.Timeout | undefined;
  private resuming: Promise<void> | undefined;
  private readonly ending = new AbortController();

  constructor(options: WorkflowOptions) {
    this.options = options;
    this.collections = options.collections ?? createMemoryCollections();
    this.store = new RunStore(this.collections, { keepMs: options.keepMs });
    const handlers: Handlers = {
      check: async (source, { service }) => (await import('./check-text.ts')).checkText(source, service.commands),
      run: async (request, context) => (await this.running()).run(request, context),
      list: async (request) => {
        if (this.folder || this.runner) return await (await this.running()).list(request);
        const heads = await this.store.list(request.limit, request.before);
        return { runs: heads.map((head) => viewOf(head)), workflows: [] };
      },
      show: async (request) => (await this.running()).show(request),
      wait: async (request, context) => (await this.running()).wait(request, context),
      cancel: async (request, context) => (await this.running()).cancel(request, context),
      retry: async (request, context) => (await this.running()).retry(request, context),
      approve: async (request, context) => (await this.running()).approve(request, context),
    };
    const schedules: ScheduleHandlers = {
      list: async ({ after }) =>
        this.folder ? await (await this.scheduled()).list(after) : { schedules: [], isMore: false },
      show: async ({ schedule }) => ({ schedules: await (await this.scheduled()).show(schedule) }),
      pause: async ({ schedule }, { actor }) => await (await this.scheduled()).act(schedule, 'pause', actor),
      resume: async ({ schedule }, { actor }) => await (await this.scheduled()).act(schedule, 'resume', actor),
      cancel: async ({ schedule }, { actor }) => await (await this.scheduled()).act(schedule, 'cancel', actor),
      run: async ({ schedule, fromMs, toMs = Date.now() }, { actor }) => {
        const span = fromMs === undefined ? undefined : { fromMs, toMs };
        return await (await this.scheduled()).run(schedule, actor, span);
      },
    };
    this.methods = new Map([
      ...methodsOf('workflow', handlers, workflowCalls),
      ...methodsOf('schedule', schedules, scheduleCalls),
    ]);
  }

  /**
   * Reads the folder, then continues the runs of an earlier process as soon as the store can be read.
   * @throws SignalboxError `bad_usage` if the folder cannot be read.
   */
  async start(service: Server): Promise<void> {
    this.service = service;
    this.startedAtMs = Date.now();
    const { folder, warn, secretRefusal = refuseSecrets } = this.options;
    if (folder !== undefined) {
      const { WorkflowFolder } = await import('./folder.ts');
      this.folder = await WorkflowFolder.open({ folder, warn, secretRefusal, contracts: service.commands });
    }
    const prune = () => void this.store.prune(Date.now()).catch(() => {});
    this.pruning = setInterval(prune, pruneMs).unref();
    prune();
    this.resuming = this.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.pruning);
    this.folder?.[Symbol.dispose]();
    this.service = undefined;
    this.ending.abort();
    await this.resuming;
    const runner = await this.runner?.catch(() => undefined);
    await this.scheduler?.[Symbol.asyncDispose]();
    await runner?.[Symbol.asyncDispose]();
  }

  /** A store that cannot be read does not delay the start. */
  private async resume(): Promise<void> {
    const { signal } = this.ending;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      try {
        if (this.folder || (await this.store.hasUnfinished())) await this.running();
        return;
      } catch (error) {
        if (signal.aborted) return;
        const { message } = SignalboxError.from(error, 'internal');
        if (isFirst) this.options.warn(`runs of workflows cannot continue yet: ${message}`);
        await sleep(againMs, signal);
      }
    }
  }

  /** @throws SignalboxError `bad_usage` */
  private async scheduled(): Promise<Scheduler> {
    if (this.folder) await this.running();
    if (this.scheduler) return this.scheduler;
    throw new SignalboxError('bad_usage', 'there are no schedules; the server was started without --workflows');
  }

  private running(): Promise<Runner> {
    this.runner ??= this.load().catch((error: unknown) => {
      this.runner = undefined;
      throw error;
    });
    return this.runner;
  }

  private async load(): Promise<Runner> {
    const { Runner } = await import('./runner.ts');
    const { service } = this;
    const { secretRefusal = refuseSecrets } = this.options;
    if (!service) throw new SignalboxError('closed', 'this server is not running workflows at present');
    const runner = new Runner({
      ...{ service, store: this.store, startedAtMs: this.startedAtMs, folder: this.folder, secretRefusal },
      acting: this.options.acting,
      tell: (event) => service.emit(event),
    });
    const { warn } = this.options;
    await runner.resume(warn);
    if (this.folder) {
      const { Scheduler } = await import('./scheduler.ts');
      this.scheduler = new Scheduler({
        ...{ folder: this.folder, runner, collections: this.collections, warn, service },
        lostAfterMs: this.options.lostAfterMs ?? limits.lostAfterMs,
        tell: (event) => service.emit(event),
      });
    }
    return runner;
  }
}

function methodsOf(
  prefix: string,
  handlers: object,
  calls: Readonly<Record<string, Pick<ServiceMethod, 'request' | 'response'>>>,
): [string, ServiceMethod][] {
  return Object.entries(handlers).map(([name, handle]) => [
    `${prefix}/${name}`,
    { name, ...calls[name], handle } as ServiceMethod,
  ]);
}
