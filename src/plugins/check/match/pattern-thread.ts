import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CheckFault } from '../http/check-fault.ts';
import type { PatternAnswer, PatternQuestion } from './pattern-worker.ts';

/** On a busy machine a thread gets little processor time, so elapsed time has a looser limit. */
const patience = 6;

interface Limits {
  /** Limit of the processor time for the patterns of one check. */
  readonly limitMs: number;
  /** Whether it yields the processors to the other threads of the client. */
  readonly isBehind?: boolean;
}

interface Waiting {
  readonly patterns: readonly string[];
  readonly body: Uint8Array;
  readonly resolve: (matches: readonly boolean[]) => void;
  readonly reject: (error: CheckFault) => void;
}

interface Current {
  readonly question: Waiting;
  readonly id: number;
  timer?: NodeJS.Timeout;
}

/**
 * Tests patterns in a separate thread, so that no pattern delays other checks or the heartbeats of the client. It tests
 * one check at a time. A test that takes too long is stopped by ending the thread; the next test gets a new thread.
 */
export class PatternThread implements AsyncDisposable {
  private readonly limits: Limits;
  private readonly waiting: Waiting[] = [];
  private worker: Worker | undefined;
  private current: Current | undefined;
  private isReady = false;
  private lastId = 0;
  private isClosed = false;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  /** Whether each pattern matches the body, read as UTF-8. @throws CheckFault */
  test(patterns: readonly string[], body: Uint8Array): Promise<readonly boolean[]> {
    if (this.isClosed) return Promise.reject(new CheckFault('client_fault', 'the client ends'));
    const { promise, resolve, reject } = Promise.withResolvers<readonly boolean[]>();
    this.waiting.push({ patterns, body, resolve, reject });
    this.next();
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true;
    const current = this.settle();
    const left = [...(current ? [current] : []), ...this.waiting.splice(0)];
    for (const { reject } of left) reject(new CheckFault('client_fault', 'the client ends'));
    await this.end();
  }

  private next(): void {
    if (this.current) return;
    const question = this.waiting.shift();
    if (!question) return;
    this.worker ??= this.start();
    const { worker } = this;
    this.lastId += 1;
    const id = this.lastId;
    this.current = { question, id };
    if (this.isReady) void this.bound(worker, this.current);
    worker.postMessage({ id, patterns: question.patterns, body: question.body } satisfies PatternQuestion);
  }

  private async bound(worker: Worker, current: Current): Promise<void> {
    const { limitMs } = this.limits;
    const sinceMs = performance.now();
    const before = await cpuMs(worker);
    for (let leftMs = limitMs; leftMs >= 1; leftMs = limitMs - ((await cpuMs(worker)) - before)) {
      if (performance.now() - sinceMs >= limitMs * patience) break;
      const { promise, resolve } = Promise.withResolvers<void>();
      if (this.current !== current) return;
      current.timer = setTimeout(resolve, leftMs);
      await promise;
    }
    if (this.current !== current) return;
    void this.end();
    this.fail('pattern_timeout', `the pattern took longer than ${limitMs} ms`);
  }

  private start(): Worker {
    const worker = new Worker(new URL(`./pattern-worker${extname(import.meta.filename)}`, import.meta.url), {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 256 },
      workerData: { isBehind: this.limits.isBehind === true },
    });
    worker.on('message', (message: PatternAnswer | 'ready') => {
      if (this.worker !== worker) return;
      if (message === 'ready') {
        this.isReady = true;
        if (this.current) void this.bound(worker, this.current);
        return;
      }
      const { id, matches, error } = message;
      if (id !== this.current?.id) return;
      if (matches) this.settle()?.resolve(matches);
      else this.settle()?.reject(new CheckFault('client_fault', `the pattern could not be tested: ${error}`));
      this.next();
    });
    worker.on('error', () => {
      if (this.worker !== worker) return;
      this.worker = undefined;
      this.isReady = false;
      this.fail('client_fault', 'the pattern could not be tested: its thread has failed');
    });
    // Must not keep the process alive.
    worker.unref();
    return worker;
  }

  private fail(kind: 'pattern_timeout' | 'client_fault', message: string): void {
    this.settle()?.reject(new CheckFault(kind, message));
    this.next();
  }

  private settle(): Waiting | undefined {
    const { current } = this;
    clearTimeout(current?.timer);
    this.current = undefined;
    return current?.question;
  }

  private async end(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    this.isReady = false;
    await worker?.terminate();
  }
}

/** Processor time that a thread has used; infinite when it has ended. */
async function cpuMs(worker: Worker): Promise<number> {
  try {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1_000;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
