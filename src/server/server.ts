import {
  type ArgsOf,
  type CommandContract,
  isContract,
  type JobSignal,
  type ResultOf,
  SignalboxError,
} from '../../schemas/index.ts';
import type { EventListener } from '../jobs/events.ts';
import type { OutputRun } from '../kept-output.ts';
import { refuseNamesakes } from '../namesakes.ts';
import { FaultReports } from '../plugin/fault-reports.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type {
  ClientView,
  EventReader,
  JobKey,
  JobService,
  JobView,
  ListFilter,
  SendOptions,
  Server,
  SubmitOptions,
  UnsettledCount,
} from '../plugin/job-service.ts';
import type { ServerOptions } from '../plugin/server-options.ts';
import { checkEndpoint } from '../wire/endpoint.ts';
import { listen } from '../wire/listener.ts';
import { Door } from './admission/door.ts';
import { Refusals } from './admission/refusals.ts';
import { EventBus } from './event-bus.ts';
import { LocalService } from './local-service.ts';
import { OldListeners } from './old-listeners.ts';
import { ServerCore } from './server-core.ts';

/**
 * Starts a server.
 * @throws SignalboxError `cannot_bind` where the address is in use, `insecure_endpoint`, `bad_usage` where it is none, two
 * commands have one name or a plug-in cannot be set up, `not_allowed` where the key folder cannot be used.
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { plugins = [], ...rest } = options;
  if (plugins.length === 0) return await start(rest);
  const { setUpPlugins } = await import('../plugin/set-up.ts');
  const { commands = [], observers = [], interceptors = [], onFault } = rest;
  await using opening = new AsyncDisposableStack();
  const added = opening.use(await setUpPlugins(plugins, { side: 'server', contracts: commands, onFault }));
  const server = await start({
    ...rest,
    commands: [...commands, ...added.contracts],
    observers: [...observers, ...added.observers],
    interceptors: [...interceptors, ...added.interceptors],
  });
  added.start(server.service);
  server.thenEnd(opening.move());
  return server;
}

async function start(options: ServerOptions): Promise<RunningServer> {
  const { bind, privateBind, keys, insecure = false } = options;
  checkEndpoint(bind, keys !== undefined || insecure, keysHint);
  if (privateBind !== undefined) {
    if (keys !== undefined || !privateBind.startsWith('ipc://')) {
      throw new SignalboxError('bad_usage', 'privateBind must be an ipc endpoint, and keys must not be given');
    }
    checkEndpoint(privateBind, false, '');
  }
  if (options.commands?.some((command) => !isContract(command))) {
    throw new SignalboxError('bad_usage', 'the commands of a server are contracts, made with defineCommand');
  }
  refuseNamesakes(options.commands ?? []);
  const faults = new FaultReports(options.onFault);
  const events = new EventBus(options.observers ?? [], faults);
  const refusals = new Refusals(events);
  const onReadable = (error: SignalboxError | undefined) =>
    events.emit({ type: 'allow-list', ...(error && { error: error.toWire() }) });
  const door = keys === undefined ? undefined : new Door({ folder: keys, refusals, events, onReadable });
  try {
    const listener = await listen(bind, door?.keys, privateBind);
    const core = new ServerCore(options, { listener, events, faults, refusals, door });
    return new RunningServer(core, new OldListeners(events));
  } catch (error) {
    door?.[Symbol.dispose]();
    throw error;
  }
}

const keysHint = `make keys, and start it with --keys keys:
  signalbox keys init --keys keys
  signalbox keys add w1 --keys keys
(--insecure overrides, on a network that you trust)`;

/** A server in its process. What is left of the old API goes when nobody calls it. */
class RunningServer implements Server {
  readonly service: JobService;
  private readonly core: ServerCore;
  private readonly old: OldListeners;
  private plugins: AsyncDisposable | undefined;
  private closing: Promise<void> | undefined;

  constructor(core: ServerCore, old: OldListeners) {
    this.core = core;
    this.old = old;
    this.service = new LocalService(core, 'owner');
  }

  get endpoint(): string {
    return this.core.endpoint;
  }

  get bootId(): string {
    return this.core.bootId;
  }

  get commands(): ReadonlyMap<string, CommandContract> {
    return this.core.commands;
  }

  clients(): ClientView[] {
    return this.core.clients();
  }

  jobs(): JobView[] {
    return this.core.list();
  }

  running(): JobView[] {
    return this.core.list({ state: 'running' });
  }

  unsettled(): UnsettledCount[] {
    return this.core.unsettled();
  }

  output(id: string, client: string): readonly OutputRun[] | undefined {
    try {
      return this.core.output({ id, client });
    } catch {
      return undefined;
    }
  }

  resolve(target: string | readonly string[]): string[] {
    return this.core.resolve(typeof target === 'string' ? [target] : target);
  }

  send<C extends CommandContract>(
    target: string | readonly string[],
    command: C,
    args: ArgsOf<C>,
    options: SendOptions = {},
  ): JobGroup<ResultOf<C>> {
    const targets = typeof target === 'string' ? [target] : target;
    const asked = { actor: 'owner', targets, command, args, options };
    const group: JobGroup = this.core.submit(this.core.check(asked), (jobs) => this.service.cancel(jobs));
    return group as JobGroup<ResultOf<C>>;
  }

  submit<C extends CommandContract>(
    target: string | readonly string[],
    command: C,
    args: ArgsOf<C>,
    options?: SubmitOptions,
  ): Promise<JobGroup<ResultOf<C>>> {
    return this.service.submit(target, command, args, options);
  }

  watch(options?: { readonly signal?: AbortSignal }): EventReader {
    return this.service.watch(options);
  }

  list(filter?: ListFilter): Promise<JobView[]> {
    return this.service.list(filter);
  }

  get(job: JobKey): Promise<JobView> {
    return this.service.get(job);
  }

  as(actor: string): JobService {
    return this.service.as(actor);
  }

  cancel(jobs: readonly JobKey[]): void {
    this.core.cancel(jobs);
  }

  signal(jobs: readonly JobKey[], signal: JobSignal): void {
    this.core.signal(jobs, signal);
  }

  waitForClients(count: number, options: { signal?: AbortSignal } = {}): Promise<void> {
    return this.service.waitForClients(count, options);
  }

  subscribe(listener: EventListener): () => void {
    return this.old.subscribe(listener);
  }

  /** What is to be ended when the server has been closed. */
  thenEnd(plugins: AsyncDisposable): void {
    this.plugins = plugins;
  }

  close(): Promise<void> {
    this.closing ??= this.core.close().then(() => this.plugins?.[Symbol.asyncDispose]());
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
