import {
  type ClientState,
  type CommandContract,
  type FromClient,
  type FromServer,
  limits,
  type Message,
  SignalboxError,
} from '../../../schemas/index.ts';
import { createBootId } from '../../boot-id.ts';
import { monotonicMs } from '../../clock.ts';
import { checkedResult, rejection } from '../../jobs/checked-result.ts';
import type { JobTable } from '../../jobs/job-table.ts';
import type { Listener } from '../../wire/listener.ts';
import type { Door } from '../admission/door.ts';
import { Reception } from '../admission/reception.ts';
import type { Refusals } from '../admission/refusals.ts';
import { type Admission, type Member, type Roster, seenState } from '../clients/roster.ts';
import type { EventBus } from '../event-bus.ts';
import { Eviction } from './eviction.ts';
import { Flush } from './flush.ts';
import { Gateway, type GatewayOwner } from './gateway.ts';
import { Heartbeats } from './heartbeats.ts';

/** The talk with each connected client: hello to goodbye, heartbeats, and what it says of its jobs. */
export class Sessions implements GatewayOwner {
  private readonly bootId: string;
  private readonly commands: ReadonlyMap<string, CommandContract>;
  private readonly roster: Roster;
  private readonly jobTable: JobTable;
  private readonly events: EventBus;
  private readonly reception: Reception;
  private readonly gateway: Gateway;
  private readonly heartbeats: Heartbeats;
  private readonly eviction: Eviction;
  private readonly beats = new Map<string, { seq: number; sentMs: number }>();
  private readonly receiving: Promise<void>;
  private readonly flush = new Flush((peer) => this.beat(peer));
  private seq = 0;

  constructor(options: {
    bootId: string;
    commands: ReadonlyMap<string, CommandContract>;
    listener: Listener;
    roster: Roster;
    jobTable: JobTable;
    events: EventBus;
    refusals: Refusals;
    door: Door | undefined;
  }) {
    this.bootId = options.bootId;
    this.commands = options.commands;
    this.roster = options.roster;
    this.jobTable = options.jobTable;
    this.events = options.events;
    this.reception = new Reception(options);
    this.gateway = new Gateway(options.listener, this);
    this.heartbeats = new Heartbeats({
      onBeat: (peer) => this.beat(peer),
      onGap: (gapMs) => this.roster.forgive(gapMs),
    });
    this.receiving = this.gateway.run();
    const { listener } = options;
    this.eviction = new Eviction({
      sessionless: () => [...listener.peers].filter((peer) => !this.roster.ofPeer(peer)),
      closeConnections: () => listener.closeConnections(),
    });
    options.door?.watch((isKeyRemoved) => {
      this.endRevoked();
      if (isKeyRemoved) this.eviction.keyRemoved();
    });
  }

  /** Nothing is sent to a client without a session: what it is owed is said when it is back. */
  send(client: string, message: FromServer): void {
    const peer = this.roster.get(client)?.peer;
    if (peer !== undefined) this.gateway.send(peer, message);
  }

  /**
   * Resolves when all that was sent has been read.
   * @param timeoutMs for clients that do not say so.
   */
  async flushed(timeoutMs: number): Promise<void> {
    this.gateway.sendAcks();
    const peers = this.roster.connected().flatMap(({ peer, responsive }) => (responsive && peer) || []);
    await this.flush.wait(peers, timeoutMs);
  }

  /** @returns when the listener, which the caller closes, has ended. */
  close(): Promise<void> {
    this.heartbeats.close();
    this.eviction[Symbol.dispose]();
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
    if ('id' in message) this.jobTable.checkOwn(message.id, member.name, message.type === 'job');
    const nowMs = monotonicMs();
    if (this.roster.heard(member, nowMs)) this.publishClient(member);
    this.fromMember(member, message, nowMs);
  }

  violated(peer: string, error: SignalboxError): void {
    const client = this.roster.ofPeer(peer)?.name;
    const { code, message } = error.toWire();
    this.events.emit({ type: 'client.violation', ...(client !== undefined && { client }), code, reason: message });
  }

  gone(peer: string, error: SignalboxError): void {
    this.heartbeats.delete(peer);
    this.beats.delete(peer);
    this.flush.done(peer);
    const member = this.roster.ofPeer(peer);
    if (!member) return;
    this.roster.sessionEnded(member);
    this.events.emit({ type: 'client.left', client: member.name, reason: error.message });
    this.jobTable.sessionEnded(member.name, monotonicMs());
    this.publishClient(member, error.message);
  }

  private hello(peer: string, hello: Message<FromClient, 'hello'>): void {
    const nowMs = monotonicMs();
    const before = this.roster.ofPeer(peer);
    if (before && before.name !== hello.name) this.gone(peer, new SignalboxError('offline', 'it took another name'));
    let admission: Admission;
    try {
      admission = this.reception.admit(hello, peer, nowMs);
    } catch (error) {
      this.gateway.refuse(peer, SignalboxError.from(error, 'internal'));
      return;
    }
    if ('error' in admission) {
      this.gateway.send(peer, { type: 'refused', error: admission.error });
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
    this.reception.joined(member);
    this.jobTable.sessionBegan(member.name, member.bootId);
    // At once, so that round trip and lag are known before the first command.
    this.beat(peer);
  }

  /** A client whose credential is gone, or has been replaced, is out at once; what it was doing is lost. */
  private endRevoked(): void {
    for (const { member, why } of this.reception.revoked()) {
      this.jobTable.clientGone(member.name, why.message);
      if (member.peer !== undefined) this.gateway.refuse(member.peer, why);
    }
  }

  private fromMember(member: Member, message: FromClient, nowMs: number): void {
    const { name } = member;
    switch (message.type) {
      case 'job':
        this.jobTable.listed(name, message, this.commands.get(message.command)?.standing === true);
        break;
      case 'jobs-end':
        member.synced = true;
        this.jobTable.listingEnded(name, nowMs);
        this.publishClient(member);
        break;
      case 'state':
        this.stateIs(member, message.state);
        break;
      case 'accepted':
        this.jobTable.accepted(name, message.id, nowMs);
        break;
      case 'rejected':
        this.jobTable.answered(name, message.id, rejection(message), nowMs);
        break;
      case 'output':
        this.jobTable.output(name, message);
        break;
      case 'output-full':
        this.jobTable.outputFull(name, message);
        break;
      case 'progress':
        this.jobTable.progress(name, message);
        break;
      case 'result':
        this.jobTable.answered(
          name,
          message.id,
          checkedResult(message, this.contractOf(message.id, name)),
          nowMs,
          message,
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
      if (member.peer !== undefined) this.flush.done(member.peer);
    }
    member.lagMs = message.lagMs;
    this.stateIs(member, message.state);
  }

  private stateIs(member: Member, state: ClientState): void {
    if (member.state === state) return;
    member.state = state;
    this.publishClient(member);
  }

  private goodbye(member: Member, reason: string): void {
    const why = `${member.name} said goodbye: ${reason}`;
    this.jobTable.clientGone(member.name, why);
    if (member.peer !== undefined) this.gateway.forget(member.peer, new SignalboxError('offline', why));
  }

  private contractOf(id: string, client: string): CommandContract | undefined {
    return this.commands.get(this.jobTable.find(id, client)?.command ?? '');
  }

  private publishClient(member: Member, reason?: string): void {
    this.events.emit({
      type: 'client.state',
      client: member.name,
      state: seenState(member),
      ...(reason && { reason }),
    });
  }
}
