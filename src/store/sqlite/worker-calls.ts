import type { TransferListItem, Worker } from 'node:worker_threads';
import { SignalboxError } from '../../../schemas/index.ts';
import { wordsOf } from '../../process/system-error.ts';
import type { WorkerAnswer, WorkerCall } from './store-worker.ts';
import { pack, unpack } from './values.ts';

type Operations = Readonly<Record<string, (...args: never[]) => unknown>>;

interface Waiting {
  readonly name: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: SignalboxError) => void;
}

/**
 * Calls to a thread. The first call starts it, and it performs calls in order. If it ends by itself, waiting callers
 * get an error and the next call starts another thread. It keeps the process alive while a caller waits.
 */
export class WorkerCalls<Names extends Operations> implements AsyncDisposable {
  private readonly start: () => Worker;
  private readonly lossOf: (name: string, why: string) => SignalboxError;
  private readonly waiting = new Map<number, Waiting>();
  private worker: Worker | undefined;
  private lastId = 0;
  private closing: Promise<void> | undefined;

  /** @param lossOf creates the error of a call whose thread has ended. */
  constructor(start: () => Worker, lossOf: (name: string, why: string) => SignalboxError) {
    this.start = start;
    this.lossOf = lossOf;
  }

  call<Name extends keyof Names & string>(
    name: Name,
    ...args: Parameters<Names[Name]>
  ): Promise<ReturnType<Names[Name]>> {
    if (this.closing) return Promise.reject(new SignalboxError('closed', 'the store is closed'));
    this.lastId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.waiting.set(this.lastId, { name, resolve, reject });
    try {
      this.send(this.lastId, name, args);
    } catch (error) {
      this.waiting.delete(this.lastId);
      reject(SignalboxError.from(error, 'internal'));
    }
    return promise as Promise<ReturnType<Names[Name]>>;
  }

  /** Sends a call without waiting for its result. */
  post<Name extends keyof Names & string>(name: Name, ...args: Parameters<Names[Name]>): void {
    if (!this.closing) this.send(0, name, args);
  }

  /** Performs earlier calls first. */
  [Symbol.asyncDispose](): Promise<void> {
    this.closing ??= this.close();
    return this.closing;
  }

  private send(id: number, name: string, args: readonly unknown[]): void {
    this.worker ??= this.startWorker();
    if (this.waiting.size > 0) this.worker.ref();
    const bytes = new Uint8Array(pack(args));
    this.worker.postMessage({ id, name, args: bytes } satisfies WorkerCall, [bytes.buffer as TransferListItem]);
  }

  private startWorker(): Worker {
    const worker = this.start();
    worker.unref();
    let why = 'its thread has ended';
    worker.on('message', (answer: WorkerAnswer) => this.answered(worker, answer));
    worker.on('error', (error) => {
      why = wordsOf(error);
    });
    worker.on('exit', () => {
      if (this.worker !== worker) return;
      this.worker = undefined;
      for (const [id, { name, reject }] of this.waiting) {
        this.waiting.delete(id);
        reject(this.lossOf(name, why));
      }
    });
    return worker;
  }

  private answered(worker: Worker, answer: WorkerAnswer): void {
    const call = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (this.waiting.size === 0 && !this.closing) worker.unref();
    if ('error' in answer) call?.reject(new SignalboxError(answer.error.code, answer.error.message));
    else call?.resolve(unpack(answer.value));
  }

  private async close(): Promise<void> {
    const { worker } = this;
    if (!worker) return;
    worker.ref();
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage({ id: 0, name: undefined, args: new Uint8Array() } satisfies WorkerCall);
    await ended;
  }
}
