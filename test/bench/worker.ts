import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Place, StorePlace } from './contenders/commander.ts';
import type { ContenderName } from './contenders/contenders.ts';
import { type Figures, figuresSchema, type Order } from './orders.ts';
import { profiling } from './programs/child.ts';

/**
 * A compiled process of this bench, near or far, because the code that strips types would stay in memory. It ends with
 * the process that forked it.
 */
class Worker implements AsyncDisposable {
  private readonly child: ChildProcess;
  private readonly failed: Promise<never>;

  constructor(side: 'near' | 'far', args: readonly (string | number)[]) {
    const path = fileURLToPath(new URL(`../../.bench/test/bench/${side}.js`, import.meta.url));
    this.child = fork(path, args.map(String), { execArgv: ['--expose-gc', ...profiling(side)] });
    this.failed = once(this.child, 'exit').then(() => {
      throw new Error(`${side} ${args.join(' ')} has ended`);
    });
    this.failed.catch(() => {});
  }

  /** Its first message. */
  async ready(): Promise<void> {
    await this.answer();
  }

  /** One at a time. */
  async order(order: Order): Promise<Figures> {
    this.child.send(order);
    return await this.answer();
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('a process of the bench was not started');
    return this.child.pid;
  }

  stop(): void {
    this.child.kill('SIGSTOP');
  }

  cont(): void {
    this.child.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cont();
    if (this.child.connected) this.child.disconnect();
    await this.failed.catch(() => {});
  }

  private async answer(): Promise<Figures> {
    const [figures] = await Promise.race([once(this.child, 'message'), this.failed]);
    return figuresSchema.parse(figures);
  }
}

export interface PairOptions {
  /** Of the server, and the credentials of all its clients. */
  readonly keys?: { readonly folder: string; readonly credentials: string };
  readonly port: number;
  readonly store?: StorePlace;
  /** Clients per process. Default: 1,000. */
  readonly together?: number;
}

/** The two sides of a contender: one process that commands, and processes of clients. */
export class Pair implements AsyncDisposable {
  private readonly kind: ContenderName;
  private readonly options: PairOptions;
  private readonly near: Worker;
  private readonly fars: Worker[] = [];
  private count = 0;

  private constructor(kind: ContenderName, options: PairOptions) {
    this.kind = kind;
    this.options = options;
    const { port, keys, store } = options;
    this.near = new Worker('near', [kind, JSON.stringify({ port, keys: keys?.folder, store } satisfies Place)]);
  }

  static async open(kind: ContenderName, options: PairOptions): Promise<Pair> {
    const pair = new Pair(kind, options);
    await pair.near.ready();
    return pair;
  }

  /** The process that commands. */
  get pid(): number {
    return this.near.pid;
  }

  get clientPids(): readonly number[] {
    return this.fars.map(({ pid }) => pid);
  }

  /** Starts clients until there are this many. */
  async grow(count: number): Promise<void> {
    const { port, keys, together = 1_000 } = this.options;
    while (this.count < count) {
      const more = Math.min(count - this.count, together);
      const name = `w-${this.fars.length}`;
      this.fars.push(new Worker('far', [this.kind, port, name, more, ...(keys ? [keys.credentials] : [])]));
      this.count += more;
      // Thousands at once would exceed the backlog of a listener.
      if (more > 1) await this.joined(this.count);
    }
    await this.joined(count);
  }

  /** Resolves when this number of clients has connected. */
  async joined(count: number): Promise<void> {
    await this.near.order({ type: 'joined', count });
  }

  order(order: Order): Promise<Figures> {
    return this.near.order(order);
  }

  /** Stops it: nothing of it runs, and its sockets stay. */
  stop(): void {
    for (const worker of [this.near, ...this.fars]) worker.stop();
  }

  cont(): void {
    for (const worker of [this.near, ...this.fars]) worker.cont();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.near, ...this.fars].map((worker) => worker[Symbol.asyncDispose]()));
  }
}
