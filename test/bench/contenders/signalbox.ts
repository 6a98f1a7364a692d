import {
  builtinContracts,
  builtinImplementations,
  createClient,
  createServer,
  type JobStore,
  openSqliteStore,
  ping,
  run,
  type Server,
} from '../../../src/index.ts';
import type { Commander, Fleet, Place, StorePlace } from './commander.ts';

/** The library as a program uses it, with all defaults, and with keys if it gets a folder of them. */
export async function joinSignalbox({ port, credentials, name, count }: Fleet): Promise<void> {
  const commands = await builtinImplementations();
  for (let index = 1; index <= count; index += 1) {
    await createClient({
      connect: `tcp://127.0.0.1:${port}`,
      name: `${name}-${index}`,
      ready: true,
      commands,
      ...(credentials !== undefined && { credentials }),
    });
  }
}

export class SignalboxCommander implements Commander {
  private readonly server: Server;
  private readonly pruning: Pruning | undefined;
  private first = '';

  private constructor(server: Server, pruning: Pruning | undefined) {
    this.server = server;
    this.pruning = pruning;
  }

  static async open({ port, keys, store: place }: Place): Promise<SignalboxCommander> {
    const bind = `tcp://127.0.0.1:${port}`;
    const commands = await builtinContracts();
    const store = place && (await openStore(place));
    const { keepBytes } = place ?? {};
    const pruning = store && keepBytes !== undefined ? heldPruning(store) : undefined;
    const server = await createServer({
      ...{ bind, commands },
      ...(keys !== undefined && { keys }),
      ...(store && { store }),
      ...(keepBytes !== undefined && { keep: { forMs: 1e12, maxBytes: keepBytes } }),
    });
    if (store && place?.told) await tellOf(place.told, server, store);
    return new SignalboxCommander(server, pruning);
  }

  async joined(count: number): Promise<void> {
    await this.server.waitForClients(count);
    this.first = (await this.server.clients())[0]?.name ?? '';
  }

  ask(done: () => void): void {
    void this.server
      .submit(this.first, ping, {})
      .then(({ outcomes }) => outcomes)
      .then(allCompleted)
      .then(done);
  }

  runTrue(done: () => void): void {
    void this.server
      .submit(this.first, run, { argv: ['true'] })
      .then(({ outcomes }) => outcomes)
      .then(allCompleted)
      .then(done);
  }

  async gather(): Promise<void> {
    allCompleted(await (await this.server.submit('all', ping, {})).outcomes);
  }

  beat(): void {}

  async prune(): Promise<void> {
    if (!this.pruning) throw new Error('nothing is to be pruned');
    this.pruning.begin();
    await this.pruning.done;
  }
}

/** It reaches no client, so it costs a receiver nothing. */
async function tellOf(told: 'failures' | 'everything', server: Server, store: JobStore): Promise<void> {
  const { Notify } = await import('../../../src/notify/notify.ts');
  const { createRules } = await import('../../../src/notify/rule.ts');
  const failures = { on: ['job.settled'], outcome: ['failed' as const, 'lost' as const], to: ['none'] };
  const rules = createRules(
    [
      { ...failures, ...(told === 'everything' && { outcome: undefined }), groupBy: ['command'], groupInterval: '1s' },
      { ...failures, command: ['p*'], target: 'w-*' },
      { ...failures, after: 3 },
    ],
    new Map(),
  );
  const channels = new Map([['none', { about: 'none', send: async () => {} }]]);
  new Notify().start(
    { server, log: store, groups: new Map(), lostAfterMs: 60_000, warn: () => {} },
    { rules, channels },
  );
}

async function openStore({ address, sync }: StorePlace): Promise<JobStore> {
  if (!address.startsWith('postgres:')) return await openSqliteStore({ path: address, ...(sync && { sync }) });
  const { openPostgresStore } = await import('../../../src/plugins/postgres/postgres-store.ts');
  return await openPostgresStore(address);
}

interface Pruning {
  readonly begin: () => void;
  readonly done: Promise<void>;
}

/** A server normally prunes from its start: here only on request. */
function heldPruning(store: JobStore): Pruning {
  const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const prune = store.prune.bind(store);
  store.prune = async (keep) => {
    await begun.promise;
    const count = await prune(keep);
    // Commands continue meanwhile, so there is always more to prune.
    if (count === 0 || (await store.info()).bytes <= keep.maxBytes) ended.resolve();
    return count;
  };
  return { begin: begun.resolve, done: ended.promise };
}

/** A refusal is fast too, and must not count. */
function allCompleted(outcomes: readonly { readonly outcome: string }[]): void {
  const other = outcomes.find(({ outcome }) => outcome !== 'completed');
  if (other) throw new Error(`a ping was ${other.outcome}`);
}
