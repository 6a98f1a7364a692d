import type { KafkaMessage } from './open-producer.ts';

/** Number of results of one job, by the state of their delivery. */
export interface Tally {
  delivered: number;
  waiting: number;
  dropped: number;
}

export interface Buffered extends KafkaMessage {
  readonly tally: Tally;
}

/** After this number of delivered batches, larger batches are tried again: the cause may have been one large result, or another broker. */
const growsAfter = 10;

interface Limits {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * Results that wait for Kafka, in order. A full buffer drops the oldest results, except those of the current batch, which may already be
 * stored.
 */
export class ResultBuffer {
  private readonly limits: Limits;
  private readonly waiting = new Set<Buffered>();
  private sending: readonly Buffered[] = [];
  private bytes = 0;
  private mostMessages = Number.POSITIVE_INFINITY;
  private deliveredSince = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  get size(): number {
    return this.waiting.size + this.sending.length;
  }

  add(message: Buffered): void {
    this.waiting.add(message);
    this.bytes += bytesOf(message);
    message.tally.waiting += 1;
    for (const oldest of this.waiting) {
      if (this.size <= this.limits.messages && this.bytes <= this.limits.bytes) return;
      this.waiting.delete(oldest);
      this.settle(oldest, 'dropped');
    }
  }

  /** The batch to send. Returns the same batch until `takeOff` or `split`. */
  batch(most: Limits): readonly Buffered[] {
    if (this.sending.length > 0) return this.sending;
    const batch: Buffered[] = [];
    let bytes = 0;
    for (const message of this.waiting) {
      bytes += bytesOf(message);
      if (batch.length > 0 && (batch.length >= Math.min(most.messages, this.mostMessages) || bytes > most.bytes)) break;
      batch.push(message);
      this.waiting.delete(message);
    }
    this.sending = batch;
    return batch;
  }

  /** Removes the current batch, as delivered or dropped. */
  takeOff(as: 'delivered' | 'dropped'): void {
    for (const message of this.sending) this.settle(message, as);
    this.sending = [];
    if (as === 'dropped') return;
    this.deliveredSince += 1;
    if (this.deliveredSince % growsAfter === 0) this.mostMessages *= 2;
  }

  /** Halves the current batch, which was too large. The following batches are not larger either. */
  split(): void {
    const half = Math.ceil(this.sending.length / 2);
    const rest = [...this.sending.slice(half), ...this.waiting];
    this.sending = this.sending.slice(0, half);
    this.mostMessages = half;
    this.deliveredSince = 0;
    this.waiting.clear();
    for (const message of rest) this.waiting.add(message);
  }

  private settle(message: Buffered, as: 'delivered' | 'dropped'): void {
    this.bytes -= bytesOf(message);
    message.tally.waiting -= 1;
    message.tally[as] += 1;
  }
}

/** Approximate size in memory: most text takes one byte per character, and each object has an overhead. */
const bytesOf = ({ key, value }: KafkaMessage): number => key.length + value.length + 100;
