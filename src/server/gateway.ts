import { type FromClient, type FromServer, fromClientSchema, limits, SignalboxError } from '../../schemas/index.ts';
import { decodeFrame } from '../wire/codec.ts';
import { Outbox } from '../wire/outbox.ts';
import type { Listener } from '../wire/sockets.ts';

/** Who is told of what arrives. */
export interface GatewayOwner {
  received(peer: string, message: FromClient): void;
  /** The connection has ended, or has been given up for `error`. */
  gone(peer: string, error: SignalboxError): void;
}

/**
 * Frames from peers to messages and back. A peer is known from its first frame to the end of its connection; one that
 * sends what is not of this protocol is given up after `maxViolations`, and told so.
 */
export class Gateway {
  private readonly listener: Listener;
  private readonly owner: GatewayOwner;
  private readonly peers = new Map<string, { outbox: Outbox; violations: number }>();
  private readonly acks = new Map<string, string[]>();

  constructor(listener: Listener, owner: GatewayOwner) {
    this.listener = listener;
    this.owner = owner;
  }

  /** Receives until the listener is closed. */
  async run(): Promise<void> {
    for await (const { peer, frame } of this.listener.arrivals()) {
      if (frame) this.frame(peer, frame);
      else this.forget(peer, new SignalboxError('offline', 'the connection ended'));
    }
  }

  send(peer: string, message: FromServer): void {
    // Acks of one tick travel as one message.
    if (message.type === 'ack') this.collectAck(peer, message.ids);
    else this.peer(peer).outbox.push(message);
  }

  /** Ends the session of a peer here. The connection is its own to close: ROUTER cannot. */
  forget(peer: string, error: SignalboxError): void {
    const known = this.peers.get(peer);
    if (!known) return;
    known.outbox.close();
    this.peers.delete(peer);
    this.acks.delete(peer);
    this.owner.gone(peer, error);
  }

  close(): void {
    for (const { outbox } of this.peers.values()) outbox.close();
    this.peers.clear();
    this.acks.clear();
  }

  private frame(peer: string, frame: Buffer): void {
    try {
      for (const message of decodeFrame(frame, fromClientSchema)) this.owner.received(peer, message);
    } catch (error) {
      this.violation(peer, SignalboxError.from(error, 'internal'));
    }
  }

  private violation(peer: string, error: SignalboxError): void {
    const known = this.peer(peer);
    known.violations += 1;
    if (error.code === 'bad_message' && known.violations < limits.maxViolations) return;
    known.outbox.push({ type: 'refused', error: error.toWire() } satisfies FromServer);
    this.forget(peer, error);
  }

  private peer(peer: string) {
    let known = this.peers.get(peer);
    if (!known) {
      const outbox = new Outbox(
        (frame) => this.listener.send(peer, frame),
        () => this.forget(peer, new SignalboxError('offline', 'the connection is gone')),
      );
      known = { outbox, violations: 0 };
      this.peers.set(peer, known);
    }
    return known;
  }

  private collectAck(peer: string, ids: readonly string[]): void {
    const due = this.acks.get(peer);
    if (due) {
      due.push(...ids);
      return;
    }
    this.acks.set(peer, [...ids]);
    setImmediate(() => {
      const all = this.acks.get(peer) ?? [];
      this.acks.delete(peer);
      for (let at = 0; at < all.length && this.peers.has(peer); at += limits.maxBatchMessages) {
        this.peer(peer).outbox.push({ type: 'ack', ids: all.slice(at, at + limits.maxBatchMessages) });
      }
    });
  }
}
