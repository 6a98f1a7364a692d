import { type FromClient, type FromServer, limits, type Message, SignalboxError } from '../../../schemas/index.ts';
import { monotonicMs } from '../../clock.ts';
import type { Member, Roster } from '../clients/roster.ts';
import type { EventBus } from '../event-bus.ts';
import { emitState } from './client-state.ts';
import { Flush } from './flush.ts';
import { Heartbeats } from './heartbeats.ts';

type Heartbeat = Message<FromServer, 'heartbeat'>;

/** Sends each session its heartbeats, measures round trips, and ends sessions that stay silent. */
export class Liveness {
  private readonly roster: Roster;
  private readonly events: EventBus;
  private readonly send: (peer: string, message: FromServer) => void;
  private readonly refuse: (peer: string, error: SignalboxError) => void;
  private readonly heartbeats: Heartbeats;
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
      onBeat: (peers) => {
        // One message for all peers, so that it is encoded once.
        const heartbeat = this.next();
        for (const peer of peers) this.beat(peer, heartbeat);
      },
      onBetween: (peers) => {
        for (const peer of peers) this.judge(peer);
      },
      onGap: (gapMs) => this.roster.forgive(gapMs),
    });
  }

  /** Begins heartbeats for a session. The first one is sent at once, to measure round trip and lag. */
  began(peer: string): void {
    this.heartbeats.add(peer);
    this.beat(peer);
  }

  ended(peer: string): void {
    this.heartbeats.delete(peer);
    this.flush.done(peer);
  }

  /**
   * Whether an answer proves that the connection works in both directions. While a heartbeat is unanswered, a repeated
   * earlier answer only proves one direction: the client may not receive anything.
   */
  isLife({ unanswered }: Member, { seq }: Message<FromClient, 'heartbeat-ack'>): boolean {
    return unanswered === undefined || unanswered.seq === seq;
  }

  acknowledged(member: Member, { seq, lagMs }: Message<FromClient, 'heartbeat-ack'>, nowMs: number): void {
    const { peer, unanswered } = member;
    if (peer !== undefined && unanswered?.seq === seq) {
      member.unanswered = undefined;
      member.roundTripMs = nowMs - unanswered.sentMs;
      this.flush.done(peer);
    }
    member.lagMs = lagMs;
  }

  /**
   * Resolves when responsive clients have read everything sent to them.
   * @param timeoutMs maximum time to wait for clients that do not answer.
   */
  flushed(timeoutMs: number): Promise<void> {
    const responsive = this.roster.connected().filter((member) => member.responsive);
    const peers = responsive.map(({ peer }) => peer).filter((peer) => peer !== undefined);
    return this.flush.wait(peers, timeoutMs);
  }

  close(): void {
    this.heartbeats.close();
  }

  private next(): Heartbeat {
    this.seq += 1;
    return { type: 'heartbeat', seq: this.seq, sentMs: monotonicMs() };
  }

  private beat(peer: string, heartbeat = this.next()): void {
    const member = this.judge(peer);
    if (!member) return;
    member.unanswered = heartbeat;
    this.send(peer, heartbeat);
  }

  /** @returns the member, if the peer has a session that continues. */
  private judge(peer: string): Member | undefined {
    const member = this.roster.ofPeer(peer);
    if (!member) return undefined;
    const verdict = this.roster.judge(member, monotonicMs());
    if (verdict === 'over') {
      // The client may still receive this, and then reconnects at once.
      this.refuse(peer, new SignalboxError('unknown_session', `silent for ${limits.sessionTimeoutMs / 1000} s`));
      return undefined;
    }
    if (verdict === 'unresponsive') {
      emitState(this.events, member, { reason: `silent for ${limits.unresponsiveMs / 1000} s` });
    }
    return member;
  }
}
