import { type FromServer, limits, type MessageId, SignalboxError } from '../../../schemas/index.ts';
import { monotonicMs } from '../../clock.ts';
import { type Line, Outbox } from '../../wire/outbox.ts';
import type { OutboxGroup } from '../../wire/outbox-group.ts';

/** Acks are not urgent: they wait for another frame, at the latest a heartbeat, but at most this many wait. */
const mostAcks = 256;

/** Shared by the peers of one gateway. */
export interface PeerHost {
  readonly outboxes: OutboxGroup;
  send(peer: string, frame: Buffer): Promise<void>;
  lineGone(peer: string): void;
}

/** One connection from its first frame to its end: its outbox and its message rate. */
export class Peer implements Line {
  readonly outbox: Outbox;
  /** Refused for good or gone, so its frames are discarded. */
  barred = false;
  private readonly name: string;
  private readonly host: PeerHost;
  /** Ids of jobs to ack with the next frame. */
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

  /** Sends the waiting acks. */
  sendAcks(): void {
    if (this.acks.length > 0) this.outbox.wake();
  }

  /** @throws SignalboxError `busy` if it exceeds the maximum message rate. */
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

  /** Stops receiving from the peer and sending to it. */
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
