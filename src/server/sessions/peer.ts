import { type FromServer, limits, type MessageId, SignalboxError } from '../../../schemas/index.ts';
import { monotonicMs } from '../../clock.ts';
import { type Line, Outbox } from '../../wire/outbox.ts';
import type { OutboxGroup } from '../../wire/outbox-group.ts';

/** Acks are not urgent: they wait for a frame to go with, a heartbeat at the latest, but no more than these. */
const mostAcks = 256;

/** What the peers of one gateway share. */
export interface PeerHost {
  readonly outboxes: OutboxGroup;
  send(peer: string, frame: Buffer): Promise<void>;
  lineGone(peer: string): void;
}

/** One connection from its first frame to its end: what is due to it, and how much it says. */
export class Peer implements Line {
  readonly outbox: Outbox;
  /** Refused for good, or gone: its frames are discarded. */
  barred = false;
  private readonly name: string;
  private readonly host: PeerHost;
  /** Ids of jobs to ack. They go with the next frame. */
  private acks: MessageId[] = [];
  /** Number of messages in the second that began at `sinceMs`. */
  private messages = 0;
  private sinceMs = monotonicMs();

  constructor(name: string, host: PeerHost) {
    this.name = name;
    this.host = host;
    this.outbox = new Outbox(this, host.outboxes);
  }

  ack(ids: readonly MessageId[]): void {
    this.acks.push(...ids);
    if (this.acks.length >= mostAcks) this.outbox.wake();
  }

  /** Sends the acks that wait for a frame. */
  sendAcks(): void {
    if (this.acks.length > 0) this.outbox.wake();
  }

  /** @throws SignalboxError `busy` if it says more in a second than it may. */
  count(messages: number): void {
    const nowMs = monotonicMs();
    if (nowMs - this.sinceMs > 1_000) {
      this.sinceMs = nowMs;
      this.messages = 0;
    }
    this.messages += messages;
    if (this.messages <= limits.maxMessagesPerSecond) return;
    throw new SignalboxError('busy', `more than ${limits.maxMessagesPerSecond} messages in a second`);
  }

  /** Nothing more comes of it, and nothing goes to it. */
  close(): void {
    this.barred = true;
    this.outbox.close();
  }

  send(frame: Buffer): Promise<void> {
    return this.host.send(this.name, frame);
  }

  gone(): void {
    this.host.lineGone(this.name);
  }

  turnEnds(): void {
    if (this.acks.length === 0) return;
    const { acks } = this;
    this.acks = [];
    for (let at = 0; at < acks.length; at += limits.maxBatchMessages) {
      this.outbox.push({ type: 'ack', ids: acks.slice(at, at + limits.maxBatchMessages) } satisfies FromServer);
    }
  }
}
