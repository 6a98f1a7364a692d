import {
  type ClientState,
  type CommandContract,
  type FromClient,
  type FromServer,
  limits,
  type Message,
  SignalboxError,
  type WireError,
} from '../../schemas/index.ts';
import { createBootId } from '../boot-id.ts';
import { monotonicMs } from '../clock.ts';
import type { Allowed } from '../keys/allow-list.ts';
import type { Listener } from '../wire/sockets.ts';
import type { Audit } from './audit.ts';
import type { Door } from './door.ts';
import { Gateway, type GatewayOwner } from './gateway.ts';
import { Heartbeats } from './heartbeats.ts';
import type { Ledger } from './ledger.ts';
import { type Settlement, settlementFor } from './ledger-entry.ts';
import type { Publisher } from './publisher.ts';
import type { Refusals } from './refusals.ts';
import { type Member, type Roster, seenState } from './roster.ts';

/** The talk with each connected client: hello to goodbye, heartbeats, and what it says of its jobs. */
export class Sessions implements GatewayOwner {
  private readonly bootId: string;
  private readonly commands: ReadonlyMap<string, CommandContract>;
  private readonly roster: Roster;
  private readonly ledger: Ledger;
  private readonly publisher: Publisher;
  private readonly refusals: Refusals;
  private readonly audit: Audit | undefined;
  private readonly door: Door | undefined;
  private readonly gateway: Gateway;
  private readonly heartbeats: Heartbeats;
  private readonly beats = new Map<string, { seq: number; sentMs: number }>();
  private readonly receiving: Promise<void>;
  private seq = 0;
  /** Those that are waited for at the end. */
  private unflushed: { readonly peers: Set<string>; readonly resolve: () => void } | undefined;

  constructor(options: {
    bootId: string;
    commands: ReadonlyMap<string, CommandContract>;
    listener: Listener;
    roster: Roster;
    ledger: Ledger;
    publisher: Publisher;
    refusals: Refusals;
    audit: Audit | undefined;
    door: Door | undefined;
  }) {
    this.bootId = options.bootId;
    this.commands = options.commands;
    this.roster = options.roster;
    this.ledger = options.ledger;
    this.publisher = options.publisher;
    this.refusals = options.refusals;
    this.audit = options.audit;
    this.door = options.door;
    this.gateway = new Gateway(options.listener, this);
    this.heartbeats = new Heartbeats({
      onBeat: (peer) => this.beat(peer),
      onGap: (gapMs) => this.roster.forgive(gapMs),
    });
    this.receiving = this.gateway.run();
    this.door?.watch(() => this.endRevoked());
  }

  /** Nothing is sent to a client without a session: what it is owed is said when it is back. */
  send(client: string, message: FromServer): void {
    const peer = this.roster.get(client)?.peer;
    if (peer !== undefined) this.gateway.send(peer, message);
  }

  /**
   * Asks every client for a sign of life, and waits for it: who answers has read all that was sent before, acks above all.
   * @param timeoutMs for those that do not answer.
   */
  async flushed(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.unflushed = { peers: new Set(), resolve };
    this.gateway.sendAcks();
    for (const { peer, responsive } of this.roster.connected()) {
      if (peer === undefined || !responsive) continue;
      this.unflushed.peers.add(peer);
      this.beat(peer);
    }
    const timer = setTimeout(resolve, timeoutMs);
    if (this.unflushed.peers.size === 0) resolve();
    await promise;
    clearTimeout(timer);
  }

  /** @returns when the listener, which the caller closes, has ended. */
  close(): Promise<void> {
    this.heartbeats.close();
    this.gateway.close();
    return this.receiving;
  }

  received(peer: string, message: FromClient): void {
    if (message.type === 'hello') {
      this.hello(peer, message);
      return;
    }
    const member = this.roster.ofPeer(peer);
    if (!member) {
      const error = new SignalboxError('unknown_session', 'say hello first').toWire();
      this.gateway.send(peer, { type: 'refused', error });
      return;
    }
    if ('id' in message) this.ledger.checkOwn(message.id, member.name, message.type === 'job');
    const nowMs = monotonicMs();
    if (this.roster.heard(member, nowMs)) this.publishClient(member);
    this.fromMember(member, message, nowMs);
  }

  violated(peer: string, error: SignalboxError): void {
    const client = this.roster.ofPeer(peer)?.name;
    const { code, message } = error.toWire();
    this.audit?.({ event: 'violation', ...(client !== undefined && { client }), code, reason: message });
  }

  gone(peer: string, error: SignalboxError): void {
    this.heartbeats.delete(peer);
    this.beats.delete(peer);
    this.flushedTo(peer);
    const member = this.roster.ofPeer(peer);
    if (!member) return;
    this.roster.sessionEnded(member);
    this.audit?.({ event: 'left', client: member.name, reason: error.message });
    this.ledger.sessionEnded(member.name, monotonicMs());
    this.publishClient(member, error.message);
  }

  private hello(peer: string, hello: Message<FromClient, 'hello'>): void {
    const nowMs = monotonicMs();
    const before = this.roster.ofPeer(peer);
    if (before && before.name !== hello.name) this.gone(peer, new SignalboxError('offline', 'it took another name'));
    let credential: Allowed | undefined;
    try {
      credential = this.door?.admit(hello.name, hello.token);
    } catch (error) {
      const why = SignalboxError.from(error, 'internal');
      this.refused(hello.name, why.toWire());
      this.gateway.refuse(peer, why);
      return;
    }
    const admission = this.roster.admit(hello, peer, nowMs, credential);
    if ('error' in admission) {
      this.gateway.send(peer, { type: 'refused', error: admission.error });
      this.refused(hello.name, admission.error);
      return;
    }
    const { member, ended } = admission;
    if (ended !== undefined) {
      this.gateway.forget(ended, new SignalboxError('offline', 'the same client has connected anew'));
    }
    this.heartbeats.delete(peer);
    this.heartbeats.add(peer);
    this.gateway.send(peer, {
      type: 'welcome',
      session: createBootId(),
      serverBootId: this.bootId,
      heartbeatMs: limits.heartbeatMs,
      sentMs: nowMs,
      limits: { maxMessageBytes: limits.maxMessageBytes, outputCreditBytes: limits.outputCreditBytes },
    });
    const { host, pid } = hello.info;
    const shown = credential && { credential: credential.name };
    this.audit?.({ event: 'joined', client: member.name, ...shown, bootId: hello.bootId, host, pid });
    this.ledger.sessionBegan(member.name, member.bootId);
    // At once, so that round trip and lag are known before the first command.
    this.beat(peer);
  }

  private refused(client: string, error: WireError): void {
    this.audit?.({ event: 'refused', client, code: error.code });
    this.refusals.tell({ client }, error);
  }

  /** A client whose credential is gone, or has been replaced, is out at once; what it was doing is lost. */
  private endRevoked(): void {
    for (const { name, peer, credential } of this.roster.all()) {
      if (!credential || this.door?.holds(credential)) continue;
      const why = new SignalboxError('not_allowed', `the credentials of ${credential.name} were revoked`);
      this.ledger.clientGone(name, why.message);
      if (peer !== undefined) this.gateway.refuse(peer, why);
    }
  }

  private fromMember(member: Member, message: FromClient, nowMs: number): void {
    const { name } = member;
    switch (message.type) {
      case 'job':
        this.ledger.listed(name, message);
        break;
      case 'jobs-end':
        member.synced = true;
        this.ledger.listingEnded(name, nowMs);
        this.publishClient(member);
        break;
      case 'state':
        this.stateIs(member, message.state);
        break;
      case 'accepted':
        this.ledger.accepted(name, message.id, nowMs);
        break;
      case 'rejected':
        this.ledger.answered(name, message.id, { outcome: 'rejected', error: message.error, durationMs: 0 }, nowMs);
        break;
      case 'output':
        this.ledger.output(name, message);
        break;
      case 'progress':
        this.ledger.progress(name, message);
        break;
      case 'result':
        this.ledger.answered(
          name,
          message.id,
          this.checkedResult(message, this.ledger.find(message.id, name)?.command),
          nowMs,
        );
        break;
      case 'heartbeat-ack':
        this.heartbeatAck(member, message, nowMs);
        break;
      case 'goodbye':
        this.goodbye(member, message.reason);
        break;
      default:
        break;
    }
  }

  private beat(peer: string): void {
    const member = this.roster.ofPeer(peer);
    if (!member) return;
    const nowMs = monotonicMs();
    const verdict = this.roster.judge(member, nowMs);
    if (verdict === 'over') {
      const text = `silent for ${limits.sessionTimeoutMs / 1000} s`;
      // It may hear us though we do not hear it: told so, it dials anew at once.
      this.gateway.refuse(peer, new SignalboxError('unknown_session', text));
      return;
    }
    if (verdict === 'unresponsive') this.publishClient(member, `silent for ${limits.unresponsiveMs / 1000} s`);
    this.seq += 1;
    this.beats.set(peer, { seq: this.seq, sentMs: nowMs });
    this.gateway.send(peer, { type: 'heartbeat', seq: this.seq, sentMs: nowMs });
  }

  private heartbeatAck(member: Member, message: Message<FromClient, 'heartbeat-ack'>, nowMs: number): void {
    const beat = member.peer === undefined ? undefined : this.beats.get(member.peer);
    if (beat?.seq === message.seq) {
      member.roundTripMs = nowMs - beat.sentMs;
      if (member.peer !== undefined) this.flushedTo(member.peer);
    }
    member.lagMs = message.lagMs;
    this.stateIs(member, message.state);
  }

  private flushedTo(peer: string): void {
    const { unflushed } = this;
    if (unflushed?.peers.delete(peer) && unflushed.peers.size === 0) unflushed.resolve();
  }

  private stateIs(member: Member, state: ClientState): void {
    if (member.state === state) return;
    member.state = state;
    this.publishClient(member);
  }

  private goodbye(member: Member, reason: string): void {
    const why = `${member.name} said goodbye: ${reason}`;
    this.ledger.clientGone(member.name, why);
    if (member.peer !== undefined) this.gateway.forget(member.peer, new SignalboxError('offline', why));
  }

  /** A result that does not fit the contract of its command is none. */
  private checkedResult(message: Message<FromClient, 'result'>, command: string | undefined): Settlement {
    const { outcome, result, error, durationMs } = message;
    const contract = command === undefined ? undefined : this.commands.get(command);
    const parsed = contract?.result.safeParse(result);
    if (outcome !== 'completed') {
      // Facts of how it ended, where there are some.
      const facts = parsed?.success && result !== undefined && { result: parsed.data };
      return { outcome, ...facts, ...(error && { error }), durationMs };
    }
    if (!contract || !parsed) return { outcome, result, durationMs };
    if (parsed.success) return { outcome, result: parsed.data, durationMs };
    const settlement = settlementFor(
      'failed',
      'bad_result',
      `the result does not fit the contract of ${contract.name}`,
    );
    return { ...settlement, durationMs };
  }

  private publishClient(member: Member, reason?: string): void {
    this.publisher.publish({
      type: 'client',
      client: member.name,
      state: seenState(member),
      ...(reason && { reason }),
    });
  }
}
