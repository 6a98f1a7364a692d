import type { StoredJob } from '../../../src/index.ts';
import { freePort } from '../../support/free-port.ts';
import { createKeyFolder } from '../../support/key-folder.ts';
import { type Program, type ServerProgram, startClients, startServer } from '../../support/processes.ts';
import { LinkProxy } from '../../support/proxy.ts';
import { ackedIn } from '../acked.ts';
import { isAccepted, isBegun, isOutcome, jobKey } from '../matchers.ts';
import type { History, ServerLife } from './history.ts';
import { clientNames } from './script.ts';
import { type StoreCopy, type StoreKind, type StorePlace, Stores } from './store-place.ts';
import { until } from './until.ts';

/** Longer than the faults of a run: no client is lost for its absence. */
const lostAfter = '120s';
const recoveryMs = 45_000;
/** From the end of the script to the end of the server, which may only be starting. */
const endMs = 120_000;
/** The whole contents of the store of a server. */
const listing = 'jobs --limit 100000';

interface Life {
  readonly name: string;
  readonly program: Program;
  endedMs?: number;
}

interface ServerRun {
  readonly program: ServerProgram;
  readonly store: number | undefined;
  readonly putBacks: number;
  readonly startedMs: number;
  ended: ServerLife['ended'] | undefined;
}

/** A store of the run. */
interface Place {
  readonly place: StorePlace;
  putBacks: number;
}

export interface WorldOptions {
  readonly keyed?: boolean | undefined;
  /** Where servers keep their jobs. Default: SQLite. */
  readonly store?: StoreKind | undefined;
  /** Default: w1 to w8. */
  readonly names?: readonly string[] | undefined;
}

/**
 * The processes of one run: one server at a time, a process for each client, and each client's own line to the server.
 */
export class World implements AsyncDisposable {
  readonly lines = new Map<string, LinkProxy>();
  /** Whether all lines are encrypted and clients authenticate. */
  readonly keyed: boolean;
  readonly names: readonly string[];
  /** The number of commands so far that have their own word. */
  labels = 0;
  private readonly port: number;
  private readonly keys: ReturnType<typeof createKeyFolder> | undefined;
  private readonly stores: Stores | undefined;
  private readonly places: Place[] = [];
  private readonly servers: ServerRun[] = [];
  private readonly lives: Life[] = [];

  private constructor(port: number, names: readonly string[], keyed: boolean, stores: Stores | undefined) {
    this.port = port;
    this.names = names;
    this.keyed = keyed;
    this.stores = stores;
    this.keys = keyed ? createKeyFolder(...names) : undefined;
  }

  static async open({ keyed = false, store = 'sqlite', names = clientNames }: WorldOptions = {}): Promise<World> {
    const stores = store === 'memory' ? undefined : await Stores.open(store);
    const world = new World(await freePort(), names, keyed, stores);
    for (const name of names) {
      const line = await LinkProxy.start(world.port);
      // The bytes on the line can be read only without keys.
      line.recordsDown = stores !== undefined && !keyed;
      world.lines.set(name, line);
      world.startClient(name);
    }
    return world;
  }

  /** Whether jobs outlive their server. */
  get isDurable(): boolean {
    return this.stores !== undefined;
  }

  /** The current server; undefined between two. */
  get server(): ServerProgram | undefined {
    const last = this.servers.at(-1);
    return last?.ended ? undefined : last?.program;
  }

  /** The current client processes. */
  get clients(): readonly { readonly name: string; readonly program: Program }[] {
    return this.lives.filter(({ endedMs }) => endedMs === undefined);
  }

  /** The number of commands that have ended according to some server, counting each client of a command. */
  get commands(): number {
    const ended = this.servers.flatMap(({ program }) => program.log.lines.filter(isOutcome).map(jobKey));
    return new Set(ended).size;
  }

  /** @param options.store by its place in the order of their first use. */
  startServer(
    waitClients: number,
    { store = 0, flags = [] }: { store?: number; flags?: readonly string[] } = {},
  ): void {
    const own = ['--keep-going', '--lost-after', lostAfter, '--wait-clients', String(waitClients), ...flags];
    if (this.keys) own.push('--keys', this.keys.folder);
    const known = this.place(store);
    if (known) own.push('--store', known.place.address);
    this.servers.push({
      program: startServer(this.port, own),
      store: known && store,
      putBacks: known?.putBacks ?? 0,
      startedMs: Date.now(),
      ended: undefined,
    });
  }

  copyStore(store = 0): StoreCopy | undefined {
    return this.place(store)?.place.copy();
  }

  /** While no server is there. */
  putBack(copy: StoreCopy, store = 0): void {
    const known = this.place(store);
    if (!known) return;
    copy.putBack();
    known.putBacks += 1;
  }

  async killServer(): Promise<void> {
    const last = this.servers.at(-1);
    if (!last) return;
    last.ended = 'killed';
    await last.program.kill();
  }

  /** A client's line to the server. */
  line(name: string): LinkProxy {
    const line = this.lines.get(name);
    if (!line) throw new Error(`${name} has no line`);
    return line;
  }

  startClient(name: string): void {
    const credentials = this.keys && { credentials: this.keys.of(name) };
    this.lives.push({ name, program: startClients(this.line(name).port, name, { ...credentials }) });
  }

  async killClient(name: string): Promise<void> {
    const life = this.lives.findLast((one) => one.name === name);
    if (!life) return;
    life.endedMs = Date.now();
    await life.program.kill();
  }

  /** It ends in order: its jobs are cancelled and reported, and it says goodbye. */
  async endClient(name: string): Promise<void> {
    const life = this.lives.findLast((one) => one.name === name);
    if (!life) return;
    life.endedMs = Date.now();
    await life.program.terminate();
  }

  /**
   * Resolves when this server and these client processes have heard from each other, and so know everything from
   * before.
   */
  async untilInTouch(): Promise<void> {
    await until('all clients in touch with the server', () => this.isInTouch(), recoveryMs);
  }

  /** Ends the script of the current server when all jobs that it knows have ended. */
  async finishServer(): Promise<void> {
    const last = this.servers.at(-1);
    const { server } = this;
    if (!last || !server) return;
    const lists = this.isDurable ? [listing] : [];
    server.type(`wait --clients ${this.names.length}`, 'wait', ...lists);
    last.ended = await server.finish(endMs).then(
      () => 'finished' as const,
      () => 'hung' as const,
    );
  }

  /** Ends the script and then everything. */
  async finish(): Promise<History> {
    await this.finishServer();
    await this.killAll();
    const stores: { jobs: StoredJob[] }[] = [];
    for (const { place } of this.places) stores.push({ jobs: await place.jobs() });
    const acked = [...this.lines].flatMap(([name, { recorded }]) =>
      recorded.flatMap(({ down }) => ackedIn(Buffer.concat(down)).map((id) => `${id}/${name}`)),
    );
    return {
      servers: await Promise.all(
        this.servers.map(async ({ program, ended = 'hung', store, putBacks, startedMs }) => {
          const { log, typed } = program;
          return { lines: log.lines, typed, ended, exitCode: await program.exited, store, putBacks, startedMs };
        }),
      ),
      clients: this.lives.map(({ program, ...life }) => ({ ...life, lines: program.log.lines })),
      ...(this.isDurable && { stores, acked: new Set(acked) }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAll();
    await this.stores?.[Symbol.asyncDispose]();
    this.keys?.[Symbol.dispose]();
  }

  private async killAll(): Promise<void> {
    for (const line of this.lines.values()) await line[Symbol.asyncDispose]();
    await Promise.all([...this.servers, ...this.lives].map(({ program }) => program.kill()));
  }

  private place(store: number): Place | undefined {
    const { stores, places } = this;
    while (stores && places.length <= store) places.push({ place: stores.place(), putBacks: 0 });
    return places[store];
  }

  /**
   * Each client has started the commands of this server, and the server knows it, and therefore everything from before.
   */
  private isInTouch(): boolean {
    const lines = this.server?.log.lines ?? [];
    const accepted = new Set(lines.filter((line) => isAccepted(line) && line.adopted !== true).map(jobKey));
    return this.clients.every(({ program }) =>
      program.log.lines.some((line) => isBegun(line) && accepted.has(jobKey(line))),
    );
  }
}
