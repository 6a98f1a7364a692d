import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CheckFault } from './check-fault.ts';
import type { LookupAnswer, LookupQuestion } from './lookup-worker.ts';

/** All addresses of a name, in the order of preference. */
export type Lookup = (host: string, family: 0 | 4 | 6) => Promise<readonly string[]>;

/** Node resolves half as many names at a time. A name without an answer occupies its thread, of 20 KiB, for 10 s or more. */
const threads = 512;
/** Used if the machine does not allow that many. */
const fewThreads = 8;

interface Child {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  readonly waiting: Map<number, PromiseWithResolvers<readonly string[]>>;
  hasAnswered: boolean;
}

/**
 * Resolves names with the resolver of the system, as every program of the machine does: `/etc/hosts`, nsswitch, search
 * domains, the order of RFC 6724. Such a lookup blocks a thread and cannot be cancelled, and this process needs its few threads for other work. Lookups
 * therefore run in a separate process, which starts with the first name.
 */
export class Names implements AsyncDisposable {
  private readonly asked = new Map<string, Promise<readonly string[]>>();
  private child: Child | undefined;
  private threads = threads;
  private lastId = 0;
  private isClosed = false;

  /** Resolves when names can be resolved. @throws CheckFault */
  async start(): Promise<void> {
    await this.running().ready;
  }

  /** Concurrent checks of the same name share a lookup. */
  readonly lookup: Lookup = (host, family) => {
    const key = `${family} ${host}`;
    const known = this.asked.get(key);
    if (known) return known;
    const answer = this.ask(host, family).finally(() => this.asked.delete(key));
    this.asked.set(key, answer);
    return answer;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true;
    const { child } = this;
    if (!child) return;
    this.end(child);
    if (child.process.exitCode !== null || child.process.signalCode !== null) return;
    const exited = once(child.process, 'exit');
    child.process.ref();
    child.process.kill('SIGKILL');
    await exited;
  }

  private async ask(host: string, family: 0 | 4 | 6): Promise<readonly string[]> {
    const child = this.running();
    await child.ready;
    this.lastId += 1;
    const answer = Promise.withResolvers<readonly string[]>();
    child.waiting.set(this.lastId, answer);
    hold(child);
    child.process.send({ id: this.lastId, host, family } satisfies LookupQuestion);
    return await answer.promise;
  }

  private running(): Child {
    if (this.isClosed) throw new CheckFault('client_fault', 'the client ends');
    this.child ??= this.begin();
    return this.child;
  }

  private begin(): Child {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const program = fileURLToPath(new URL(`./lookup-worker${extname(import.meta.filename)}`, import.meta.url));
    const forked = fork(program, {
      execArgv: [],
      env: { ...env, UV_THREADPOOL_SIZE: String(this.threads) },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    const child: Child = { process: forked, ready, waiting: new Map(), hasAnswered: false };
    ready.catch(() => {});
    forked.on('message', (message: LookupAnswer | 'ready') => {
      child.hasAnswered = true;
      if (message === 'ready') {
        hold(child);
        return resolve();
      }
      const { id, addresses, code = '' } = message;
      const asked = child.waiting.get(id);
      child.waiting.delete(id);
      hold(child);
      if (addresses) asked?.resolve(addresses);
      else asked?.reject(Object.assign(new Error(`the name could not be resolved (${code})`), { code }));
    });
    const onEnd = () => {
      reject(ended());
      this.end(child);
    };
    forked.on('error', onEnd);
    forked.once('exit', onEnd);
    return child;
  }

  private end(child: Child): void {
    if (this.child === child) this.child = undefined;
    // Where the machine does not allow that many threads, the process ends at its start.
    if (!child.hasAnswered) this.threads = fewThreads;
    for (const { reject } of child.waiting.values()) reject(ended());
    child.waiting.clear();
  }
}

/** Keeps this process alive only while requests wait. */
function hold({ process, waiting }: Child): void {
  const way = waiting.size > 0 ? 'ref' : 'unref';
  process[way]();
  process.channel?.[way]();
}

const ended = () => new CheckFault('client_fault', 'the process that resolves names has ended');
