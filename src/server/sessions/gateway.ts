import { setImmediate as nextTurn } from 'node:timers/promises';
import { type FromClient, type FromServer, limits, type MessageId, SignalboxError } from '../../../schemas/index.ts';
import { monotonicMs } from '../../clock.ts';
import { decodeFrame, fromClient, type Unknown } from '../../wire/codec.ts';
import type { Listener, Receiver } from '../../wire/listener.ts';
import { offeredProtocol, speaks, unsupportedProtocol } from '../../wire/offered-protocol.ts';
import { Outbox } from '../../wire/outbox.ts';
import { OutboxGroup } from '../../wire/outbox-group.ts';
import { Turn } from '../../wire/turn.ts';

/** Receives what arrives. */
export interface GatewayOwner {
  received(peer: string, message: FromClient): void;
  /** Protocol or limit violation; the connection is dropped with `error`, then `gone` follows. */
  violated(peer: string, error: SignalboxError): void;
  /** The connection has ended or was dropped for `error`. */
  gone(peer: string, error: SignalboxError): void;
}

/** Acks are not urgent: they wait for a frame to go with, a heartbeat at the latest, but no more than these. */
const mostAcks = 256;

interface Peer {
  readonly outbox: Outbox;
  /** Ids of jobs to ack. They go with the next frame. */
  acks: MessageId[];
  /** Refused for good: its frames are discarded. */
  barred: boolean;
  /** Number of messages in the second that began at `sinceMs`. */
  rate: { sinceMs: number; count: number };
}

/**
 * Converts between frames and messages. A peer is known from its first frame to the end of its connection. A bad frame
 * ends the connection: nothing in it can be trusted, and the client lists its jobs when it reconnects.
 */
export class Gateway implements Receiver {
  private readonly listener: Listener;
  private readonly owner: GatewayOwner;
  private readonly peers = new Map<string, Peer>();
  private readonly turn = new Turn();
  private readonly outboxes = new OutboxGroup();

  constructor(listener: Listener, owner: GatewayOwner) {
    this.listener = listener;
    this.owner = owner;
  }

  /** Receives until the listener is closed. */
  run(): Promise<void> {
    return this.listener.receive(this);
  }

  send(peer: string, message: FromServer): void {
    const known = this.peer(peer);
    if (message.type !== 'ack') {
      known.outbox.push(message);
      return;
    }
    known.acks.push(...message.ids);
    if (known.acks.length >= mostAcks) known.outbox.wake();
  }

  /** Sends the acks that wait for a frame to this peer, or to all. */
  sendAcks(peer?: string): void {
    if (peer !== undefined) this.peers.get(peer)?.outbox.wake();
    else for (const { acks, outbox } of this.peers.values()) if (acks.length > 0) outbox.wake();
  }

  /** Ends the session of a peer on this side. */
  forget(peer: string, error: SignalboxError): void {
    const known = this.peers.get(peer);
    if (!known) return;
    known.outbox.close();
    this.peers.delete(peer);
    this.owner.gone(peer, error);
  }

  /**
   * Ends the session of a peer with a reason, and discards its later frames undecoded: ROUTER cannot close one
   * connection.
   */
  refuse(peer: string, error: SignalboxError): void {
    const known = this.peer(peer);
    this.owner.gone(peer, error);
    known.outbox.push({ type: 'refused', error: error.toWire() } satisfies FromServer);
    known.outbox.end();
    known.barred = true;
  }

  close(): void {
    for (const { outbox } of this.peers.values()) outbox.close();
    this.peers.clear();
  }

  received(peer: string, frame: Buffer | undefined): Promise<void> | undefined {
    const known = this.peer(peer);
    if (known.barred) return undefined;
    try {
      if (!frame) throw new SignalboxError('bad_message', 'a message has exactly one part');
      const messages = decodeFrame(frame, fromClient);
      // Requests create replies; drop a peer that does not read them.
      if (known.outbox.isFull) {
        throw new SignalboxError('busy', `${known.outbox.length} messages are due to it, and it does not read them`);
      }
      checkRate(known.rate, messages.length);
      const rest = messages.values();
      if (this.turn.isOverAfter(frame.length)) return nextTurn().then(() => this.handOver(peer, known, rest));
      return this.handOver(peer, known, rest);
    } catch (error) {
      this.violated(peer, unsupported(frame) ?? error);
      return undefined;
    }
  }

  ended(peer: string): void {
    this.forget(peer, new SignalboxError('offline', 'the connection ended'));
  }

  /** Hands over messages; where the turn ends before the frame does, returns a promise for the rest. */
  private handOver(
    peer: string,
    known: Peer,
    messages: ArrayIterator<FromClient | Unknown>,
  ): Promise<void> | undefined {
    try {
      for (const message of messages) {
        // Dropped meanwhile, or for the previous message.
        if (known.barred || this.peers.get(peer) !== known) return undefined;
        if (message.type !== 'unknown') this.owner.received(peer, message);
        // The iterator of an array goes on where a loop has left it.
        if (this.turn.isOver()) return nextTurn().then(() => this.handOver(peer, known, messages));
      }
    } catch (error) {
      this.violated(peer, error);
    }
    return undefined;
  }

  private violated(peer: string, error: unknown): void {
    const why = SignalboxError.from(error, 'internal');
    this.owner.violated(peer, why);
    this.refuse(peer, why);
  }

  private peer(peer: string): Peer {
    let known = this.peers.get(peer);
    if (!known) {
      const outbox = new Outbox(
        (frame) => this.listener.send(peer, frame),
        () => this.forget(peer, new SignalboxError('offline', 'the connection is gone')),
        () => this.pushAcks(peer),
        this.outboxes,
      );
      known = { outbox, acks: [], barred: false, rate: { sinceMs: monotonicMs(), count: 0 } };
      this.peers.set(peer, known);
    }
    return known;
  }

  private pushAcks(peer: string): void {
    const known = this.peers.get(peer);
    if (!known || known.acks.length === 0) return;
    const { acks, outbox } = known;
    known.acks = [];
    for (let at = 0; at < acks.length; at += limits.maxBatchMessages) {
      outbox.push({ type: 'ack', ids: acks.slice(at, at + limits.maxBatchMessages) } satisfies FromServer);
    }
  }
}

/** @throws SignalboxError `busy` */
function checkRate(rate: Peer['rate'], messages: number): void {
  const nowMs = monotonicMs();
  if (nowMs - rate.sinceMs > 1_000) {
    rate.sinceMs = nowMs;
    rate.count = 0;
  }
  rate.count += messages;
  if (rate.count <= limits.maxMessagesPerSecond) return;
  throw new SignalboxError('busy', `more than ${limits.maxMessagesPerSecond} messages in a second`);
}

/** A hello of another version may be nothing that this one can read, so only its version is. */
function unsupported(frame: Buffer | undefined): SignalboxError | undefined {
  const offer = frame && offeredProtocol(frame);
  return offer && !speaks(offer) ? unsupportedProtocol(offer) : undefined;
}
