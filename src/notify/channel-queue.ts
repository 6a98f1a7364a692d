import { type Channel, DeliveryFailure } from '../plugin/channel.ts';
import { Wake, type WallClock } from './clock.ts';
import type { Delivery, Message } from './message.ts';

const [shortestMs, longestMs] = [5_000, 3_600_000];
/** A message that could not be delivered for so long is given up. */
const patienceMs = 86_400_000;

interface QueueOptions {
  readonly name: string;
  readonly channel: Channel;
  readonly clock: WallClock;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Notes what has become of an attempt. Does not reject. */
  readonly onAttempt: (message: Message, delivery: Delivery) => Promise<void>;
}

/**
 * Delivers the messages of one channel, one after the other. After a failure the channel waits, each time longer up to an hour; then what was tried
 * least often goes first, so that a message that is not liked holds up no other.
 */
export class ChannelQueue implements AsyncDisposable {
  private readonly options: QueueOptions;
  private readonly ending = new AbortController();
  private readonly wake: Wake;
  private readonly waiting = new Map<string, { readonly message: Message; readonly delivery: Delivery }>();
  private readonly running: Promise<void>;
  private failures = 0;
  private notBeforeMs = 0;
  /** Why nothing is sent there any more. */
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
      const next = [...this.waiting.values()].sort(
        (one, other) =>
          one.delivery.attempts - other.delivery.attempts || one.message.createdAtMs - other.message.createdAtMs,
      )[0];
      const waitMs = this.notBeforeMs - clock.now();
      if (!next) await this.wake.wait(Number.POSITIVE_INFINITY, signal);
      else if (waitMs > 0) await clock.sleep(waitMs, signal);
      else await this.attempt(next.message, next.delivery);
    }
  }

  private async attempt(message: Message, before: Delivery): Promise<void> {
    const { clock, channel, onAttempt } = this.options;
    const { signal } = this.ending;
    const atMs = clock.now();
    let delivery: Delivery = { state: 'delivered', attempts: before.attempts + 1, atMs };
    try {
      if (this.closed !== undefined) throw new DeliveryFailure(this.closed, { isFinal: true });
      await channel.send(message, { signal, nowMs: atMs });
      this.failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      delivery = this.failed(message, { ...delivery, atMs: clock.now() }, error);
    }
    if (delivery.state === 'waiting') this.waiting.set(message.id, { message, delivery });
    else this.waiting.delete(message.id);
    await onAttempt(message, delivery);
  }

  private failed(message: Message, delivery: Delivery, error: unknown): Delivery {
    const { clock, random } = this.options;
    const reason = error instanceof Error ? error.message : String(error);
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
