import type { Event } from '../jobs/events.ts';
import type { EventReader } from './job-service.ts';

/** An event queued for one reader; `taken` is called at most once. */
interface Delivery<E extends Event> {
  event: E | undefined;
  readonly taken: () => void;
  /** The key under which it can be replaced. */
  key?: string;
}

const handedOut: Delivery<never> = { event: undefined, taken: () => {} };

/** Above this queue length a reader lags. */
const laggingLength = 1_000;
/** Keys beyond this number share one place in the queue. */
const maxKeys = 20_000;

/**
 * Returns events in order; requesting the next event takes the previous one. Only the newest progress of each job is
 * queued. While the reader lags, only the newest event of each kind and client is queued; a reader that goes by the
 * numbers of events keeps all numbered ones. Everything else is bounded by the protocol: clients keep it until it is
 * taken.
 *
 * The reader is open until it leaves (`return`), its signal aborts, or the server ends (`end`). After `end` the queue
 * is still returned.
 */
export class QueuedReader<E extends Event = Event> implements EventReader<E> {
  readonly first: number | undefined;
  private readonly onLeave: (reader: QueuedReader<E>) => void;
  private readonly goesByNumber: boolean;
  private queue: Delivery<E>[] = [];
  /** Start of the queue in its array: shifting a long array would move all of it. */
  private head = 0;
  /** Queued events that newer ones replace, by key. */
  private readonly replaceable = new Map<string, Delivery<E>>();
  private replaced = 0;
  private readonly waiting: PromiseWithResolvers<IteratorResult<E, void>>[] = [];
  private inHand: (() => void) | undefined;
  private state: 'open' | 'ended' | 'left' = 'open';

  constructor(
    onLeave: (reader: QueuedReader<E>) => void,
    { goesByNumber = false, first }: { goesByNumber?: boolean | undefined; first?: number } = {},
  ) {
    this.first = first;
    this.onLeave = onLeave;
    this.goesByNumber = goesByNumber;
  }

  /** @param taken called when the event has been taken; at once if the reader has left. */
  offer(event: E, taken: () => void): void {
    if (this.state !== 'open') {
      taken();
      return;
    }
    const delivery: Delivery<E> = { event, taken: once(taken) };
    const asker = this.waiting.shift();
    if (asker) {
      asker.resolve(this.handOut(event, delivery.taken));
      return;
    }
    this.replaceOlder(event, delivery);
    this.queue.push(delivery);
  }

  next(): Promise<IteratorResult<E, void>> {
    this.takeInHand();
    for (let delivery = this.shift(); delivery; delivery = this.shift()) {
      const { event, taken } = delivery;
      if (event) return Promise.resolve(this.handOut(event, taken));
    }
    if (this.state !== 'open') {
      this.leave();
      return Promise.resolve({ value: undefined, done: true });
    }
    const asker = Promise.withResolvers<IteratorResult<E, void>>();
    this.waiting.push(asker);
    return asker.promise;
  }

  return(): Promise<IteratorResult<E, void>> {
    this.leave();
    return Promise.resolve({ value: undefined, done: true });
  }

  hold(): () => void {
    const taken = this.inHand ?? (() => {});
    this.inHand = undefined;
    return taken;
  }

  /** Ends the queue: no more events follow. */
  end(): void {
    if (this.state !== 'open') return;
    this.state = 'ended';
    this.answerAll();
    // A loop that has been answered does not call `return`.
    if (this.queue.length === this.head) this.onLeave(this);
  }

  leave(): void {
    if (this.state === 'left') return;
    this.state = 'left';
    this.onLeave(this);
    this.takeInHand();
    const { queue } = this;
    this.queue = [];
    this.replaceable.clear();
    for (const delivery of queue.slice(this.head)) delivery.taken();
    this.answerAll();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave();
  }

  private handOut(value: E, taken: () => void): IteratorResult<E, void> {
    // A caller with several requests open takes each event with the next one.
    this.takeInHand();
    this.inHand = taken;
    return { value, done: false };
  }

  private shift(): Delivery<E> | undefined {
    const delivery = this.queue[this.head];
    if (!delivery) {
      this.queue = [];
      this.head = 0;
      return undefined;
    }
    // Handed out events must not be retained until the array is cut.
    this.queue[this.head] = handedOut;
    this.head += 1;
    if (delivery.event === undefined) this.replaced -= 1;
    else if (delivery.key !== undefined) this.replaceable.delete(delivery.key);
    if (this.head > 1_024 && this.head * 2 > this.queue.length) this.compact();
    return delivery;
  }

  private compact(): void {
    this.queue = this.queue.slice(this.head).filter(({ event }) => event !== undefined);
    this.head = 0;
    this.replaced = 0;
  }

  private answerAll(): void {
    for (const asker of this.waiting.splice(0)) asker.resolve({ value: undefined, done: true });
  }

  private takeInHand(): void {
    const taken = this.inHand;
    this.inHand = undefined;
    taken?.();
  }

  private replaceOlder(event: E, delivery: Delivery<E>): void {
    const own = this.goesByNumber && 'seq' in event ? undefined : keyOf(event);
    if (own === undefined || (event.type !== 'job.progress' && this.queue.length - this.head < laggingLength)) return;
    const key = this.replaceable.has(own) || this.replaceable.size < maxKeys ? own : event.type;
    const older = this.replaceable.get(key);
    this.replaceable.set(key, delivery);
    delivery.key = key;
    if (!older) return;
    delivery.event = merged(older.event, event);
    older.event = undefined;
    older.taken();
    this.replaced += 1;
    if (this.replaced * 2 > this.queue.length - this.head) this.compact();
  }
}

/** Events with the same key replace each other; undefined for events that must all be delivered. */
function keyOf(event: Event): string | undefined {
  switch (event.type) {
    case 'job.progress':
      return `${event.type} ${event.id} ${event.client}`;
    case 'client.state':
    case 'client.joined':
    case 'client.left':
      return `${event.type} ${event.client}`;
    case 'client.handshake':
      return `${event.type} ${event.address} ${event.allowed}`;
    case 'client.refused':
      return `${event.type} ${event.client ?? event.address} ${event.error.code}`;
    case 'client.violation':
      return `${event.type} ${event.client} ${event.code}`;
    case 'store':
      return `${event.type} ${event.operation}`;
    case 'allow-list':
      return event.type;
    default:
      return undefined;
  }
}

/** The event that stands for both. */
function merged<E extends Event>(older: E | undefined, newer: E): E {
  if (newer.type !== 'client.refused' || older?.type !== 'client.refused') return newer;
  const times = (older.times ?? 1) + (newer.times ?? 1);
  if (older.client === newer.client && older.address === newer.address) return { ...newer, times };
  const { client: _client, address: _address, ...mixed } = newer;
  return { ...mixed, times } as E;
}

function once(call: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    call();
  };
}
