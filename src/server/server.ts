import { hostname } from 'node:os';
import { isContract, SignalboxError } from '../../schemas/index.ts';
import { createBootId } from '../boot-id.ts';
import { refuseNamesakes } from '../namesakes.ts';
import { FaultReports } from '../plugin/fault-reports.ts';
import type { Server, UnsettledCount } from '../plugin/job-service.ts';
import { isObserver } from '../plugin/observer.ts';
import type { ServerOptions } from '../plugin/server-options.ts';
import { createMemoryCollections } from '../store/memory/memory-collection.ts';
import { createGroups } from '../target-groups.ts';
import { checkEndpoint } from '../wire/endpoint.ts';
import { listen } from '../wire/listener.ts';
import { Door } from './admission/door.ts';
import { Refusals } from './admission/refusals.ts';
import { EventBus } from './event-bus.ts';
import { LocalService } from './local-service.ts';
import { startPruning } from './pruning.ts';
import { ServerCore } from './server-core.ts';
import { StoreHealth } from './store-health.ts';
import { takeStore } from './take-store.ts';

/**
 * Starts a server.
 * @throws SignalboxError `cannot_bind` if the address is in use; `insecure_endpoint`; `bad_usage` if the address is not
 * valid, two commands share a name, or a group or a plug-in cannot be set up; `not_allowed` if the key folder cannot be
 * used; `store_in_use`, `bad_store` or `unavailable` if the store cannot be opened.
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { plugins = [], ...rest } = options;
  if (plugins.length === 0) return await start(rest);
  const { setUpPlugins } = await import('../plugin/set-up.ts');
  const { commands = [], observers = [], interceptors = [], methods = new Map(), onFault } = rest;
  await using opening = new AsyncDisposableStack();
  const added = opening.use(await setUpPlugins(plugins, { side: 'server', contracts: commands, onFault }));
  const server = await start({
    ...rest,
    commands: [...commands, ...added.contracts],
    observers: [...observers, ...added.observers],
    interceptors: [...interceptors, ...added.interceptors],
    methods: new Map([...methods, ...added.methods]),
  });
  added.start(server);
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
    throw new SignalboxError('bad_usage', 'the commands of a server must be contracts, created with defineCommand');
  }
  refuseNamesakes(options.commands ?? []);
  checkListeners(options);
  const groups = createGroups(options.groups ?? {});
  const faults = new FaultReports(options.onFault);
  const events = new EventBus(options.observers ?? [], faults);
  const refusals = new Refusals(events);
  const onReadable = (error: SignalboxError | undefined) =>
    events.emit({ type: 'allow-list', ...(error && { error: error.toWire() }) });
  const door = keys === undefined ? undefined : new Door({ folder: keys, refusals, events, onReadable });
  try {
    refuseShared(door?.names ?? [], groups);
    const bootId = createBootId();
    // First: a server that does not hold its store must not answer clients.
    const holder = { epoch: bootId, endpoint: bind, host: hostname(), pid: process.pid };
    const taken = options.store && (await takeStore(options.store, holder));
    const listener = await listen(bind, door?.keys, privateBind);
    const health = new StoreHealth(events);
    const core = new ServerCore(options, { bootId, listener, events, faults, refusals, door, taken, health, groups });
    const pruning = options.store && options.keep && startPruning(options.store, options.keep, health);
    const { store } = options;
    const collections = store ? <Value>(name: string) => store.collection<Value>(name) : createMemoryCollections();
    return new RunningServer(core, { pruning, collections });
  } catch (error) {
    door?.[Symbol.dispose]();
    throw error;
  }
}

function refuseShared(credentials: readonly string[], groups: ReadonlyMap<string, unknown>): void {
  const shared = credentials.find((name) => groups.has(name));
  if (shared === undefined) return;
  throw new SignalboxError(
    'bad_usage',
    `a client with credentials has the name of the group ${shared}; rename the group`,
  );
}

/** Checks at run time what TypeScript checks at compile time. */
function checkListeners({ observers = [], interceptors = [] }: ServerOptions): void {
  if (!observers.every(isObserver))
    throw new SignalboxError('bad_usage', 'an observer must have a name and a function on(event)');
  if (interceptors.every((interceptor) => typeof interceptor === 'function')) return;
  throw new SignalboxError('bad_usage', 'an interceptor must be a function of call and next');
}

const keysHint = `create keys, and start the server with --keys keys:
  signalbox keys init --keys keys
  signalbox keys add w1 --keys keys
(--insecure overrides, on a network that you trust)`;

/** The server for its owner: calls have the actor `owner`. */
class RunningServer extends LocalService implements Server {
  private readonly running: ServerCore;
  private plugins: AsyncDisposable | undefined;
  private readonly pruning: AsyncDisposable | undefined;
  readonly collection: Server['collection'];
  private closing: Promise<void> | undefined;

  constructor(
    core: ServerCore,
    { pruning, collections }: { pruning: AsyncDisposable | undefined; collections: Server['collection'] },
  ) {
    super(core, 'owner');
    this.running = core;
    this.pruning = pruning;
    this.collection = collections;
  }

  get closed(): Promise<SignalboxError | undefined> {
    return this.running.ending.promise;
  }

  emit(event: Parameters<Server['emit']>[0]): void {
    this.running.emit(event);
  }

  unsettled(): UnsettledCount[] {
    return this.running.unsettled();
  }

  /** Plug-ins to dispose of after closing. */
  thenEnd(plugins: AsyncDisposable): void {
    this.plugins = plugins;
  }

  close(): Promise<void> {
    this.closing ??= this.running
      .close()
      .then(() => this.pruning?.[Symbol.asyncDispose]())
      .then(() => this.plugins?.[Symbol.asyncDispose]());
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
