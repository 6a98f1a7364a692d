import { type FromClient, type FromServer, limits, type Message, SignalboxError } from '../../../schemas/index.ts';
import { monotonicMs } from '../../clock.ts';
import type { Member, Roster } from '../clients/roster.ts';
import type { EventBus } from '../event-bus.ts';
import { emitState } from './client-state.ts';
import { Flush } from './flush.ts';
import { Heartbeats } from './heartbeats.ts';

/** Sends each session its heartbeats, measures round trips, and ends sessions that stay silent. */
export class Liveness {
  private readonly roster: Roster;
  private readonly events: EventBus;
  private readonly send: (peer: string, message: FromServer) => void;
  private readonly refuse: (peer: string, error: SignalboxError) => void;
  private readonly heartbeats: Heartbeats;
  private readonly sent = new Map<string, { seq: number; sentMs: number }>();
  private readonly flush = new Flush((peer) => this.beat(peer));
  private seq = 0;

  constructor(options: {
    roster: Roster;
    events: EventBus;
    send: (peer: string, message: FromServer) => void;
    refuse: (peer: string, error: SignalboxError) => void;
  }) {
    this.roster = options.roster;
    this.events = options.events;
    this.send = options.send;
    this.refuse = options.refuse;
    this.heartbeats = new Heartbeats({
      onBeat: (peer) => this.beat(peer),
      onGap: (gapMs) => this.roster.forgive(gapMs),
    });
  }

  /**
   * Begins heartbeats of a session, also for a second hello on one connection. The first is sent at once to measure
   * round trip and lag.
   */
  began(peer: string): void {
    this.heartbeats.delete(peer);
    this.heartbeats.add(peer);
    this.beat(peer);
  }

  ended(peer: string): void {
    this.heartbeats.delete(peer);
    this.sent.delete(peer);
    this.flush.done(peer);
  }

  acknowledged(member: Member, { seq, lagMs }: Message<FromClient, 'heartbeat-ack'>, nowMs: number): void {
    const { peer } = member;
    const sent = peer === undefined ? undefined : this.sent.get(peer);
    if (peer !== undefined && sent?.seq === seq) {
      member.roundTripMs = nowMs - sent.sentMs;
      this.flush.done(peer);
    }
    member.lagMs = lagMs;
  }

  /**
   * Resolves when responsive clients have read everything sent to them.
   * @param timeoutMs the longest wait for clients that do not answer.
   */
  flushed(timeoutMs: number): Promise<void> {
    const peers = this.roster.connected().flatMap(({ peer, responsive }) => (responsive && peer) || []);
    return this.flush.wait(peers, timeoutMs);
  }

  close(): void {
    this.heartbeats.close();
  }

  private beat(peer: string): void {
    const member = this.roster.ofPeer(peer);
    if (!member) return;
    const nowMs = monotonicMs();
    const verdict = this.roster.judge(member, nowMs);
    if (verdict === 'over') {
      // The client may still receive: after this refusal it dials anew at once.
      this.refuse(peer, new SignalboxError('unknown_session', `silent for ${limits.sessionTimeoutMs / 1000} s`));
      return;
    }
    if (verdict === 'unresponsive') {
      emitState(this.events, member, `silent for ${limits.unresponsiveMs / 1000} s`);
    }
    this.seq += 1;
    this.sent.set(peer, { seq: this.seq, sentMs: nowMs });
    this.send(peer, { type: 'heartbeat', seq: this.seq, sentMs: nowMs });
  }
}
