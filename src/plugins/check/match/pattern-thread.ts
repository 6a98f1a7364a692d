import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CheckFault } from '../http/check-fault.ts';
import type { PatternAnswer, PatternQuestion } from './pattern-worker.ts';

interface Waiting {
  readonly patterns: readonly string[];
  readonly body: Uint8Array;
  readonly resolve: (matches: readonly boolean[]) => void;
  readonly reject: (error: CheckFault) => void;
}

/**
 * Tests patterns in a thread of its own, so that no pattern delays other checks or the heartbeats of the client. One question is
 * under way at a time, and what takes too long ends with the thread; the next one gets a new thread.
 */
export class PatternThread implements AsyncDisposable {
  private readonly limitMs: number;
  private readonly waiting: Waiting[] = [];
  private worker: Worker | undefined;
  private current: { readonly question: Waiting; readonly id: number; timer?: NodeJS.Timeout } | undefined;
  private isReady = false;
  private lastId = 0;
  private isClosed = false;

  /** @param limitMs how long the patterns of one check may take. */
  constructor(limitMs: number) {
    this.limitMs = limitMs;
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
    if (this.isReady) this.startTimer();
    worker.postMessage({ id, patterns: question.patterns, body: question.body } satisfies PatternQuestion);
  }

  private startTimer(): void {
    if (!this.current) return;
    this.current.timer = setTimeout(() => {
      void this.end();
      this.fail('pattern_timeout', `the pattern took longer than ${this.limitMs} ms`);
    }, this.limitMs);
  }

  private start(): Worker {
    const worker = new Worker(new URL(`./pattern-worker${extname(import.meta.filename)}`, import.meta.url), {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    worker.on('message', (message: PatternAnswer | 'ready') => {
      if (this.worker !== worker) return;
      if (message === 'ready') {
        this.isReady = true;
        this.startTimer();
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
    // Nobody waits for it at the end of the process.
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
