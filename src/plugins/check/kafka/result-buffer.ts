import type { KafkaMessage } from './open-producer.ts';

/** Of one job: what has become of its results. */
export interface Tally {
  delivered: number;
  waiting: number;
  dropped: number;
}

export interface Buffered extends KafkaMessage {
  readonly tally: Tally;
}

/** After so many batches that were delivered larger ones are tried again: it may have been one large result, or another broker. */
const growsAfter = 10;

interface Limits {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * Results that wait for Kafka, in their order. When it is full the oldest ones are dropped, except those that are just being sent: of them
 * nobody knows whether they are there.
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

  /** The batch that is to be sent: the same one until it is taken off. */
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

  /** The batch was delivered, or dropped. */
  takeOff(as: 'delivered' | 'dropped'): void {
    for (const message of this.sending) this.settle(message, as);
    this.sending = [];
    if (as === 'dropped') return;
    this.deliveredSince += 1;
    if (this.deliveredSince % growsAfter === 0) this.mostMessages *= 2;
  }

  /** The batch is too large: a part of it goes first, and the next ones are smaller too. */
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

/** About what it takes in memory: text is mostly of one byte a character, and an object has its own size. */
const bytesOf = ({ key, value }: KafkaMessage): number => key.length + value.length + 100;
