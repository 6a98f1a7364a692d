import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaFault } from './kafka-fault.ts';
import type { KafkaProducer } from './open-producer.ts';
import { type Buffered, ResultBuffer } from './result-buffer.ts';

/** Limits for the results of a client that wait for one topic. */
export const bufferLimits = { messages: 100_000, bytes: 67_108_864 };
const batchLimits = { messages: 1_000, bytes: 524_288 };
const longestPauseMs = 10_000;
/** Faults that last for less than this time are not reported, except lasting ones. */
const quietMs = 3_000;

/**
 * Sends the results of all jobs of a client to one topic, one batch at a time.
 *
 * - idle: no result waits. The next result starts sending.
 * - sending: `send` delivers a batch, and retries during temporary faults.
 * - pausing: `send` has failed. After a pause, the same batch is sent again, over a new producer if the old one has ended.
 */
export class TopicSender {
  private readonly topic: string;
  private readonly producer: () => Promise<KafkaProducer>;
  private readonly signal: AbortSignal;
  private readonly buffer: ResultBuffer;
  private pump: Promise<void> | undefined;
  private trouble: { readonly fault: KafkaFault; readonly sinceMs: number } | undefined;
  private readonly watchers = new Set<() => void>();

  /** @param producer returns the producer that all topics share. @param signal aborts when the client ends; waiting results are then given up */
  constructor(topic: string, producer: () => Promise<KafkaProducer>, signal: AbortSignal, limits = bufferLimits) {
    this.topic = topic;
    this.producer = producer;
    this.signal = signal;
    this.buffer = new ResultBuffer(limits);
  }

  get waiting(): number {
    return this.buffer.size;
  }

  /** Why delivery fails; undefined while it works. */
  get fault(): string | undefined {
    if (!this.trouble) return undefined;
    const { fault, sinceMs } = this.trouble;
    return fault.isLasting || Date.now() - sinceMs >= quietMs ? fault.message : undefined;
  }

  add(message: Buffered): void {
    this.buffer.add(message);
    this.pump ??= this.sendAll().finally(() => {
      this.pump = undefined;
    });
  }

  hear(fault: KafkaFault): void {
    this.trouble = { fault, sinceMs: this.trouble?.sinceMs ?? Date.now() };
  }

  /** Resolves when the condition holds after a batch, or after `limitMs`. */
  async until(holds: () => boolean, limitMs: number): Promise<void> {
    if (holds()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const watcher = () => {
      if (holds()) resolve();
    };
    const timer = setTimeout(resolve, limitMs);
    this.watchers.add(watcher);
    await promise;
    clearTimeout(timer);
    this.watchers.delete(watcher);
  }

  /** Resolves when sending has stopped. After `signal` has aborted, that is soon. */
  async ended(): Promise<void> {
    await this.pump;
  }

  private async sendAll(): Promise<void> {
    let pauseMs = 100;
    // Results of the same turn go into one batch.
    await Promise.resolve();
    while (this.buffer.size > 0 && !this.signal.aborted) {
      try {
        const producer = await this.producer();
        if (this.signal.aborted) return;
        await producer.send(this.topic, this.buffer.batch(batchLimits));
        this.trouble = undefined;
        pauseMs = 100;
        this.takeOff('delivered');
      } catch (error) {
        const fault = error instanceof KafkaFault ? error : new KafkaFault('rejected', String(error), error);
        this.hear(fault);
        if (this.signal.aborted || this.fits(fault)) continue;
        await sleep(pauseMs, undefined, { signal: this.signal }).catch(() => {});
        pauseMs = Math.min(longestPauseMs, pauseMs * 2);
      }
    }
  }

  /** Splits a batch that was too large, or drops its only result. @returns false for any other fault */
  private fits(fault: KafkaFault): boolean {
    if (fault.kind !== 'too_large') return false;
    if (this.buffer.batch(batchLimits).length > 1) this.buffer.split();
    else this.takeOff('dropped');
    return true;
  }

  private takeOff(as: 'delivered' | 'dropped'): void {
    this.buffer.takeOff(as);
    for (const watcher of [...this.watchers]) watcher();
  }
}
