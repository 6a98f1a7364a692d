import { type Channel, DeliveryFailure } from '../plugin/channel.ts';
import { Wake, type WallClock } from './clock.ts';
import type { Delivery, Message } from './message.ts';
import { reasonOf } from './reason.ts';

const [shortestMs, longestMs] = [5_000, 3_600_000];
/** With jitter. */
const mostMs = 1.2 * longestMs;
/** Beyond this number the oldest message is given up, so that a dead channel does not exhaust memory. */
const maxWaiting = 10_000;
/** A message is given up after this time. */
const patienceMs = 86_400_000;

interface QueueOptions {
  readonly name: string;
  readonly channel: Channel;
  readonly clock: WallClock;
  /** At least 0 and less than 1. */
  readonly random: () => number;
  /** Records the result of an attempt. Does not reject. */
  readonly onAttempt: (message: Message, delivery: Delivery) => Promise<void>;
}

interface Waiting {
  readonly message: Message;
  readonly delivery: Delivery;
}

/**
 * Delivers the messages of one channel one after the other. After a failure it waits, each time longer up to an hour. The message with the fewest
 * attempts is next, so that a message that always fails does not block others.
 */
export class ChannelQueue implements AsyncDisposable {
  private readonly options: QueueOptions;
  private readonly ending = new AbortController();
  private readonly wake: Wake;
  private readonly waiting = new Map<string, Waiting>();
  /** Id of the message that is being sent. */
  private attempted: string | undefined;
  private readonly running: Promise<void>;
  private failures = 0;
  private notBeforeMs = 0;
  /** Why the receiver wants no more messages. */
  private closed: string | undefined;

  constructor(options: QueueOptions) {
    this.options = options;
    this.wake = new Wake(options.clock);
    this.running = this.run();
  }

  get state(): {
    readonly waiting: number;
    readonly failures: number;
    readonly notBeforeMs: number;
    readonly closed: string | undefined;
  } {
    const { waiting, failures, notBeforeMs, closed } = this;
    return { waiting: waiting.size, failures, notBeforeMs, closed };
  }

  add(message: Message, delivery: Delivery): void {
    if (this.waiting.size >= maxWaiting) this.giveUpOldest();
    this.waiting.set(message.id, { message, delivery });
    this.wake.tell();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    const { clock } = this.options;
    while (!signal.aborted) {
      const next = this.next();
      const leftMs = this.notBeforeMs - clock.now();
      // Longer than any back-off: the clock was set back.
      const waitMs = leftMs > mostMs ? 0 : leftMs;
      if (!next) await this.wake.wait(Number.POSITIVE_INFINITY, signal);
      else if (waitMs > 0) await clock.sleep(waitMs, signal);
      else await this.attempt(next.message, next.delivery);
    }
  }

  private next(): Waiting | undefined {
    let next: Waiting | undefined;
    for (const one of this.waiting.values()) if (!next || isBefore(one, next)) next = one;
    return next;
  }

  private giveUpOldest(): void {
    for (const { message, delivery } of this.waiting.values()) {
      if (message.id === this.attempted) continue;
      this.waiting.delete(message.id);
      const error = `more than ${maxWaiting.toLocaleString('en')} messages were waiting`;
      void this.options.onAttempt(message, { ...delivery, state: 'given-up', error });
      return;
    }
  }

  private async attempt(message: Message, before: Delivery): Promise<void> {
    const { clock, channel, onAttempt } = this.options;
    const { signal } = this.ending;
    const atMs = clock.now();
    let delivery: Delivery = { state: 'delivered', attempts: before.attempts + 1, atMs };
    this.attempted = message.id;
    try {
      if (this.closed !== undefined) throw new DeliveryFailure(this.closed, { isFinal: true });
      await channel.send(message, { signal, nowMs: atMs });
      this.failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      delivery = this.failed(message, { ...delivery, atMs: clock.now() }, error);
    }
    this.attempted = undefined;
    if (delivery.state === 'waiting') this.waiting.set(message.id, { message, delivery });
    else this.waiting.delete(message.id);
    await onAttempt(message, delivery);
  }

  private failed(message: Message, delivery: Delivery, error: unknown): Delivery {
    const { clock, random } = this.options;
    const reason = reasonOf(error);
    const { isFinal = false, afterMs = 0 } = error instanceof DeliveryFailure ? error : {};
    if (isFinal) {
      this.closed = reason;
      return { ...delivery, state: 'given-up', error: reason };
    }
    this.failures += 1;
    const backOffMs = Math.min(longestMs, shortestMs * 2 ** (this.failures - 1)) * (0.8 + 0.4 * random());
    this.notBeforeMs = clock.now() + Math.max(backOffMs, Math.min(afterMs, longestMs));
    const isOver = clock.now() - message.createdAtMs >= patienceMs;
    return { ...delivery, state: isOver ? 'given-up' : 'waiting', error: reason };
  }
}

/** Fewer attempts first, then older ones. */
const isBefore = (one: Waiting, other: Waiting): boolean =>
  (one.delivery.attempts - other.delivery.attempts || one.message.createdAtMs - other.message.createdAtMs) < 0;
