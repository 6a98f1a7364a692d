import {
  type CommandContract,
  type FromClient,
  type FromServer,
  limits,
  type Message,
  protocolVersion,
  SignalboxError,
  type Welcome,
} from '../../../schemas/index.ts';
import { createBootId } from '../../boot-id.ts';
import { monotonicMs } from '../../clock.ts';
import type { JobTable } from '../../jobs/job-table.ts';
import type { Listener } from '../../wire/listener.ts';
import type { Unknown } from '../../wire/message-readers.ts';
import type { Door } from '../admission/door.ts';
import { Reception } from '../admission/reception.ts';
import type { Refusals } from '../admission/refusals.ts';
import type { Fleet } from '../clients/fleet.ts';
import type { Admission, Member, Roster } from '../clients/roster.ts';
import type { Durable } from '../durable.ts';
import type { EventBus } from '../event-bus.ts';
import { ClientMessages } from './client-messages.ts';
import { emitState } from './client-state.ts';
import { Eviction } from './eviction.ts';
import { Gateway, type GatewayOwner } from './gateway.ts';
import { Listings } from './listings.ts';
import { Liveness } from './liveness.ts';

/** Begins a session at each admitted hello and ends it at goodbye, disconnection or revocation. */
export class Sessions implements GatewayOwner {
  private readonly bootId: string;
  private readonly welcome: Pick<Welcome, 'store' | 'adopt'>;
  private readonly roster: Roster;
  private readonly fleet: Fleet;
  private readonly jobTable: JobTable;
  private readonly events: EventBus;
  private readonly reception: Reception;
  private readonly gateway: Gateway;
  private readonly liveness: Liveness;
  private readonly messages: ClientMessages;
  private readonly eviction: Eviction;
  /** With a durable store. */
  private readonly listings: Listings | undefined;
  private readonly receiving: Promise<void>;

  constructor(options: {
    bootId: string;
    commands: ReadonlyMap<string, CommandContract>;
    listener: Listener;
    roster: Roster;
    fleet: Fleet;
    jobTable: JobTable;
    events: EventBus;
    refusals: Refusals;
    door: Door | undefined;
    groups: { has(name: string): boolean };
    /** The part of every welcome that describes the store. */
    welcome: Pick<Welcome, 'store' | 'adopt'>;
    durable?: Pick<Durable, 'store' | 'health'> | undefined;
  }) {
    this.bootId = options.bootId;
    this.welcome = options.welcome;
    this.roster = options.roster;
    this.fleet = options.fleet;
    this.jobTable = options.jobTable;
    this.events = options.events;
    this.reception = new Reception(options);
    this.gateway = new Gateway(options.listener, this);
    const { roster, events, commands, jobTable, bootId, durable } = options;
    this.liveness = new Liveness({
      roster,
      events,
      send: (peer, message) => this.gateway.send(peer, message),
      refuse: (peer, error) => this.gateway.refuse(peer, error),
    });
    this.messages = new ClientMessages({
      commands,
      jobTable,
      events,
      liveness: this.liveness,
      onGoodbye: (member, reason) => this.goodbye(member, reason),
      onState: (member) => this.hurryAcks(member),
      onSynced: (member) => this.fleet.synced(member),
      onAbout: (member) => this.fleet.changed(member),
    });
    this.listings =
      durable &&
      new Listings({
        ...{ store: durable.store, health: durable.health, bootId, jobTable },
        deliver: (peer, message, origin) => {
          const member = this.roster.ofPeer(peer);
          if (member) this.messages.handle(member, message, monotonicMs(), origin);
        },
        violated: (peer, error) => this.gateway.violated(peer, error),
      });
    this.receiving = this.gateway.run();
    const { listener } = options;
    this.eviction = new Eviction({
      sessionless: () => listener.peers().filter((peer) => !this.roster.ofPeer(peer)),
      closeConnections: () => listener.closeConnections(),
    });
    const { door } = options;
    door?.watch((isKeyRemoved) => {
      for (const name of this.fleet.credentialsAre(door.names)) {
        this.jobTable.clientGone(name, `the credentials of ${name} were revoked`);
      }
      this.endRevoked();
      if (isKeyRemoved) this.eviction.keyRemoved();
    });
  }

  /** Sends to a client that has a session. Otherwise the message is dropped: reconciliation repeats it if necessary. */
  send(client: string, message: FromServer): void {
    const member = this.roster.get(client);
    if (member?.peer === undefined) return;
    this.gateway.send(member.peer, message);
    if (message.type === 'ack') this.hurryAcks(member);
  }

  /**
   * Resolves when responsive clients have read everything sent to them.
   * @param timeoutMs maximum time to wait for clients that do not answer.
   */
  flushed(timeoutMs: number): Promise<void> {
    this.gateway.sendAcks();
    return this.liveness.flushed(timeoutMs);
  }

  /** Resolves when the listener, which the caller closes, has ended. */
  close(): Promise<void> {
    this.liveness.close();
    this.listings?.close();
    this.eviction[Symbol.dispose]();
    this.gateway.close();
    return this.receiving;
  }

  received(peer: string, message: FromClient | Unknown): void {
    if (message.type === 'hello') {
      this.hello(peer, message);
      return;
    }
    const member = this.roster.ofPeer(peer);
    if (!member) {
      if (message.type === 'unknown') return;
      // Only once, and reading stops: otherwise answers to its messages could pile up.
      this.gateway.refuse(peer, new SignalboxError('unknown_session', 'this connection has no session; dial again'));
      return;
    }
    if ('id' in message) this.jobTable.checkOwn(message.id, member.name, message.type === 'job');
    const nowMs = monotonicMs();
    const isLife = message.type !== 'heartbeat-ack' || this.liveness.isLife(member, message);
    if (isLife && this.roster.heard(member, nowMs)) emitState(this.events, member);
    if (message.type === 'unknown' || this.listings?.holds(peer, member.name, message)) return;
    this.messages.handle(member, message, nowMs);
  }

  violated(peer: string, error: SignalboxError, otherVersion?: string): void {
    if (otherVersion !== undefined) {
      this.reception.turnedAway(otherVersion, error);
      return;
    }
    const client = this.roster.ofPeer(peer)?.name;
    const { code, message } = error.toWire();
    const event = { type: 'client.violation', code, reason: message } as const;
    if (client === undefined) this.events.emitUnlogged(event);
    else this.events.emit({ ...event, client });
  }

  gone(peer: string, error: SignalboxError): void {
    this.liveness.ended(peer);
    this.listings?.ended(peer);
    const member = this.roster.ofPeer(peer);
    if (!member) return;
    this.fleet.sessionEnded(member);
    this.events.emit({ type: 'client.left', client: member.name, reason: error.message });
    this.jobTable.sessionEnded(member.name, monotonicMs());
    emitState(this.events, member, { reason: error.message });
  }

  private hello(peer: string, hello: Message<FromClient, 'hello'>): void {
    const nowMs = monotonicMs();
    if (this.roster.ofPeer(peer)) throw new SignalboxError('bad_message', 'a connection must have only one hello');
    let admission: Admission;
    try {
      admission = this.reception.admit(hello, peer, nowMs);
    } catch (error) {
      this.gateway.refuse(peer, SignalboxError.from(error, 'internal'));
      return;
    }
    const { member, ended } = admission;
    if (ended !== undefined) {
      this.gateway.forget(ended, new SignalboxError('offline', 'the same client has connected again'));
    }
    this.gateway.send(peer, {
      type: 'welcome',
      protocol: protocolVersion,
      features: [],
      session: createBootId(),
      serverBootId: this.bootId,
      heartbeatMs: limits.heartbeatMs,
      sentMs: nowMs,
      limits: {
        maxMessageBytes: limits.maxMessageBytes,
        outputCreditBytes: limits.outputCreditBytes,
        recordsCredit: limits.recordsCredit,
      },
      ...this.welcome,
    });
    this.fleet.joined(member);
    this.reception.joined(member);
    this.jobTable.sessionBegan(member.name, member.bootId);
    this.liveness.began(peer);
  }

  /** Ends the sessions of clients whose credential was removed or replaced. Their jobs are lost. */
  private endRevoked(): void {
    for (const { member, why } of this.reception.revoked()) {
      this.fleet.revoked(member);
      this.jobTable.clientGone(member.name, why.message);
      if (member.peer !== undefined) this.gateway.refuse(member.peer, why);
    }
  }

  /** Sends acks at once to a terminating client, which waits for them. */
  private hurryAcks({ peer, state }: Member): void {
    if (peer !== undefined && state === 'terminating') this.gateway.sendAcks(peer);
  }

  private goodbye(member: Member, reason: string): void {
    const why = `${member.name} said goodbye: ${reason}`;
    this.fleet.saidGoodbye(member);
    this.jobTable.clientGone(member.name, why, true);
    if (member.peer !== undefined) this.gateway.forget(member.peer, new SignalboxError('offline', why));
  }
}
