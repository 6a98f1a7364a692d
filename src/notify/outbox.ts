import type { Channel } from '../plugin/channel.ts';
import type { Collection } from '../store/collection.ts';
import { ChannelQueue } from './channel-queue.ts';
import type { WallClock } from './clock.ts';
import { Kept } from './kept.ts';
import { type Delivery, type Message, messageSchema } from './message.ts';

/** Messages that are listed after they were delivered or given up. */
const maxDone = 1_000;
const againMs = 5_000;

interface OutboxOptions {
  readonly collection: Collection<Message>;
  readonly clock: WallClock;
  readonly random: () => number;
  readonly onAttempt: (channel: string, state: Delivery['state']) => void;
}

/** Stores messages and delivers them through one queue for each channel. */
export class Outbox implements AsyncDisposable {
  /** By id, oldest first. */
  readonly messages = new Map<string, Message>();
  private readonly kept: Kept<Message>;
  private readonly options: OutboxOptions;
  private readonly ending = new AbortController();
  private queues: ReadonlyMap<string, ChannelQueue> = new Map();
  private channels: ReadonlyMap<string, Channel> = new Map();
  private replacing: Promise<void> = Promise.resolve();
  /** Pending writes by the id of their message. */
  private readonly writing = new Map<string, Promise<void>>();

  constructor(options: OutboxOptions) {
    this.options = options;
    this.kept = new Kept(options.collection);
  }

  /** Reads the messages of earlier servers. Nothing is delivered before `replace`. */
  async load(): Promise<void> {
    const found: Message[] = [];
    for await (const [key, value] of this.kept.load()) {
      const message = messageSchema.safeParse(value).data;
      if (message) found.push(message);
      else await this.kept.delete(key);
    }
    this.messages.clear();
    for (const message of found.sort((one, other) => one.createdAtMs - other.createdAtMs))
      this.messages.set(message.id, message);
  }

  /** Names the channels. Nothing is delivered before `replace`. */
  know(channels: ReadonlyMap<string, Channel>): void {
    this.channels = channels;
  }

  /** Replaces the channels. Messages that wait for a removed channel are given up. */
  async replace(channels: ReadonlyMap<string, Channel>): Promise<void> {
    this.channels = channels;
    this.replacing = this.replacing.then(() => this.openQueues());
    await this.replacing;
  }

  private async openQueues(): Promise<void> {
    const before = this.queues;
    this.queues = new Map();
    await Promise.all([...before.values()].map((queue) => queue[Symbol.asyncDispose]()));
    if (this.ending.signal.aborted) return;
    const { clock, random } = this.options;
    this.queues = new Map(
      [...this.channels].map(([name, channel]) => {
        const onAttempt = (message: Message, delivery: Delivery) => this.note(message.id, name, delivery);
        return [name, new ChannelQueue({ name, channel, clock, random, onAttempt })];
      }),
    );
    for (const message of this.messages.values()) this.deliver(message);
  }

  /** Stores a message and then delivers it. Does nothing if there is a message with this id. */
  async add(message: Message): Promise<void> {
    if (this.messages.has(message.id)) return;
    await this.kept.put(message.id, message);
    this.messages.set(message.id, message);
    this.deliver(message);
  }

  get states() {
    return [...this.channels].map(([name, { about }]) => ({ name, about, ...(this.queues.get(name)?.state ?? idle) }));
  }

  channel(name: string): Channel | undefined {
    return this.channels.get(name);
  }

  /** Deletes the oldest finished messages beyond the limit. @param isSafe whether no group needs the message after a restart. */
  async trim(isSafe: (message: Message) => boolean): Promise<void> {
    const done = [...this.messages.values()].filter(isDone);
    for (const message of done.slice(0, Math.max(0, done.length - maxDone))) {
      if (!isSafe(message)) continue;
      await this.kept.delete(message.id);
      this.messages.delete(message.id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    await this.replacing;
    await Promise.all([...this.queues.values()].map((queue) => queue[Symbol.asyncDispose]()));
    await Promise.all(this.writing.values());
  }

  private deliver(message: Message): void {
    for (const [name, delivery] of Object.entries(message.deliveries)) {
      if (delivery.state !== 'waiting') continue;
      const queue = this.queues.get(name);
      if (queue) queue.add(message, delivery);
      // While the queues of known channels are being replaced, the message waits for them.
      else if (!this.channels.has(name))
        void this.note(message.id, name, { ...delivery, state: 'given-up', error: `there is no channel ${name}` });
    }
  }

  private async note(id: string, channel: string, delivery: Delivery): Promise<void> {
    const message = this.messages.get(id);
    if (!message) return;
    this.options.onAttempt(channel, delivery.state);
    this.messages.set(id, { ...message, deliveries: { ...message.deliveries, [channel]: delivery } });
    const written = (this.writing.get(id) ?? Promise.resolve()).then(() => this.write(id));
    this.writing.set(id, written);
    await written;
    if (this.writing.get(id) === written) this.writing.delete(id);
  }

  /** If the server dies before this write, the next one delivers the message again. */
  private async write(id: string): Promise<void> {
    const { signal } = this.ending;
    for (;;) {
      const message = this.messages.get(id);
      if (!message) return;
      try {
        return await this.kept.put(id, message);
      } catch {
        if (signal.aborted) return;
        await this.options.clock.sleep(againMs, signal);
      }
    }
  }
}

const idle = { waiting: 0, failures: 0, notBeforeMs: 0, closed: undefined };

export const isDone = ({ deliveries }: Message): boolean =>
  Object.values(deliveries).every(({ state }) => state !== 'waiting');
