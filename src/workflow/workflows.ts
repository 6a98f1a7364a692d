import { SignalboxError } from '../../schemas/index.ts';
import type { Server } from '../plugin/job-service.ts';
import type { MethodContext, ServiceMethod } from '../plugin/service-method.ts';
import { type RequestOf, type ResponseOf, type WorkflowMethod, workflowCalls } from '../plugin/workflow-calls.ts';
import { createMemoryCollection } from '../store/memory/memory-collection.ts';
import type { WorkflowFolder } from './folder.ts';
import { type Collections, RunStore } from './run-store.ts';
import type { Runner } from './runner.ts';

const pruneMs = 3_600_000;

interface WorkflowOptions {
  /** Of the store of the server; undefined where that keeps its jobs in memory. */
  readonly collections?: Collections | undefined;
  /** A folder of workflows that are run by their names. */
  readonly folder?: string | undefined;
  /** How long after its end a run is kept, in ms. */
  readonly keepMs: number;
  /** Is told what somebody should know. */
  readonly warn: (sentence: string) => void;
}

type Handlers = {
  readonly [Method in WorkflowMethod]: (
    request: RequestOf<Method>,
    context: MethodContext,
  ) => Promise<ResponseOf<Method>>;
};

/**
 * The workflows of a server. What reads and carries them out is loaded when there is one: a server without any waits for
 * nothing.
 */
export class Workflows implements AsyncDisposable {
  /** By their full names. */
  readonly methods: ReadonlyMap<string, ServiceMethod>;
  private readonly store: RunStore;
  private readonly options: WorkflowOptions;
  private runner: Promise<Runner> | undefined;
  private service: Server | undefined;
  private folder: WorkflowFolder | undefined;
  private pruning: NodeJS.Timeout | undefined;

  constructor(options: WorkflowOptions) {
    this.options = options;
    this.store = new RunStore(options.collections ?? createMemoryCollection, { keepMs: options.keepMs });
    const handlers: Handlers = {
      check: async (source, { service }) => (await import('./check-text.ts')).checkText(source, service.commands),
      run: async (request, context) => (await this.running()).run(request, context),
      list: async (request) => (await this.running()).list(request),
      show: async (request) => (await this.running()).show(request),
      wait: async (request, context) => (await this.running()).wait(request, context),
      cancel: async (request, context) => (await this.running()).cancel(request, context),
      retry: async (request, context) => (await this.running()).retry(request, context),
      approve: async (request, context) => (await this.running()).approve(request, context),
    };
    this.methods = new Map(
      Object.entries(handlers).map(([name, handle]) => {
        const { request, response } = workflowCalls[name as WorkflowMethod];
        return [`workflow/${name}`, { name, request, response, handle } as ServiceMethod];
      }),
    );
  }

  /**
   * Reads the folder, and goes on with the runs of an earlier process.
   * @throws SignalboxError `bad_usage` where the folder cannot be read.
   */
  async start(service: Server): Promise<void> {
    this.service = service;
    const { folder, warn } = this.options;
    if (folder !== undefined) {
      const { WorkflowFolder } = await import('./folder.ts');
      this.folder = await WorkflowFolder.open({ folder, warn, contracts: service.commands });
    }
    const prune = () => void this.store.prune(Date.now()).catch(() => {});
    this.pruning = setInterval(prune, pruneMs).unref();
    prune();
    if (await this.store.hasUnfinished()) await this.running();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.pruning);
    this.folder?.[Symbol.dispose]();
    this.service = undefined;
    const runner = await this.runner?.catch(() => undefined);
    await runner?.[Symbol.asyncDispose]();
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
    if (!service) throw new SignalboxError('closed', 'this server does not carry out workflows now');
    const runner = new Runner({
      ...{ service, store: this.store, folder: this.folder },
      tell: (event) => service.emit(event),
    });
    await runner.resume(this.options.warn);
    return runner;
  }
}
