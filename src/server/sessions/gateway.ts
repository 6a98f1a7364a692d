import { setImmediate as nextTurn } from 'node:timers/promises';
import { type FromClient, type FromServer, SignalboxError } from '../../../schemas/index.ts';
import { decodeFrame } from '../../wire/decode-frame.ts';
import type { Listener, Receiver } from '../../wire/listener.ts';
import { fromClient, type Unknown } from '../../wire/message-readers.ts';
import { offeredProtocol, speaks, unsupportedProtocol } from '../../wire/offered-protocol.ts';
import { OutboxGroup } from '../../wire/outbox-group.ts';
import { Turn } from '../../wire/turn.ts';
import { Peer, type PeerHost } from './peer.ts';

/** Receives the messages and events of a gateway. */
export interface GatewayOwner {
  received(peer: string, message: FromClient | Unknown): void;
  /**
   * Protocol or limit violation; the connection is dropped with `error`, then `gone` follows.
   * @param otherVersion name of the client, if the violation is that it has no common protocol version with this server.
   */
  violated(peer: string, error: SignalboxError, otherVersion?: string): void;
  /** The connection has ended or was dropped for `error`. */
  gone(peer: string, error: SignalboxError): void;
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
  private readonly host: PeerHost;

  constructor(listener: Listener, owner: GatewayOwner) {
    this.listener = listener;
    this.owner = owner;
    this.host = {
      outboxes: new OutboxGroup(),
      send: (peer, frame) => listener.send(peer, frame),
      lineGone: (peer) => this.forget(peer, new SignalboxError('offline', 'the connection is gone')),
    };
  }

  /** Receives until the listener is closed. */
  run(): Promise<void> {
    return this.listener.receive(this);
  }

  send(peer: string, message: FromServer): void {
    const known = this.peer(peer);
    if (message.type === 'ack') known.ack(message.ids);
    else known.outbox.push(message);
  }

  /** Sends the acks that wait for a frame to this peer, or to all. */
  sendAcks(peer?: string): void {
    if (peer !== undefined) this.peers.get(peer)?.sendAcks();
    else for (const known of this.peers.values()) known.sendAcks();
  }

  /** Ends the session of a peer on this side. */
  forget(peer: string, error: SignalboxError): void {
    const known = this.peers.get(peer);
    if (!known) return;
    known.close();
    this.peers.delete(peer);
    this.owner.gone(peer, error);
  }

  /**
   * Ends the session of a peer with a reason, and discards its later frames undecoded: a ROUTER cannot close a
   * connection.
   */
  refuse(peer: string, error: SignalboxError): void {
    const known = this.peer(peer);
    this.owner.gone(peer, error);
    known.outbox.end({ type: 'refused', error: error.toWire() });
    known.barred = true;
  }

  close(): void {
    for (const known of this.peers.values()) known.close();
    this.peers.clear();
  }

  received(peer: string, frame: Buffer | undefined): Promise<void> | undefined {
    const known = this.peer(peer);
    if (known.barred) return this.turn.isOverAfter(frame?.length ?? 0) ? nextTurn() : undefined;
    try {
      if (!frame) throw new SignalboxError('bad_message', 'a message must have exactly one part');
      const messages = decodeFrame(frame, fromClient);
      // Requests create replies; drop a peer that does not read them.
      if (known.outbox.isFull) {
        throw new SignalboxError(
          'busy',
          `${known.outbox.length} messages wait for this client, which does not read them`,
        );
      }
      known.count(messages.length);
      const rest = messages.values();
      if (this.turn.isOverAfter(frame.length)) return nextTurn().then(() => this.handOver(peer, known, rest));
      return this.handOver(peer, known, rest);
    } catch (error) {
      // A hello of another version may be undecodable here, so only its version and name are read.
      const offer = frame && offeredProtocol(frame);
      if (offer && !speaks(offer)) this.violated(peer, unsupportedProtocol(offer), offer.name);
      else this.violated(peer, error);
      return undefined;
    }
  }

  ended(peer: string): void {
    this.forget(peer, new SignalboxError('offline', 'the connection ended'));
  }

  /** Delivers messages. If the turn ends before the frame, returns a promise for the rest. */
  private handOver(
    peer: string,
    known: Peer,
    messages: ArrayIterator<FromClient | Unknown>,
  ): Promise<void> | undefined {
    try {
      for (const message of messages) {
        // The peer was dropped meanwhile, or because of the previous message.
        if (known.barred) return undefined;
        this.owner.received(peer, message);
        // An array iterator continues where a loop has left it.
        if (this.turn.isOver()) return nextTurn().then(() => this.handOver(peer, known, messages));
      }
    } catch (error) {
      this.violated(peer, error);
    }
    return undefined;
  }

  /** Drops the connection of a peer because of its message. */
  violated(peer: string, error: unknown, otherVersion?: string): void {
    const why = SignalboxError.from(error, 'internal');
    this.owner.violated(peer, why, otherVersion);
    this.refuse(peer, why);
  }

  private peer(peer: string): Peer {
    let known = this.peers.get(peer);
    if (!known) {
      known = new Peer(peer, this.host);
      this.peers.set(peer, known);
    }
    return known;
  }
}
