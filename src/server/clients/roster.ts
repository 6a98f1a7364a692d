import {
  type ClientInfo,
  type ClientState,
  type FromServer,
  type Hello,
  limits,
  type Message,
  SignalboxError,
} from '../../../schemas/index.ts';
import type { SeenState } from '../../jobs/events.ts';
import type { Allowed } from '../../keys/allow-list.ts';
import { naturally } from '../../natural-order.ts';

/** A client by name, connected or not. */
export interface Member {
  readonly name: string;
  /** The credential that it was admitted with; undefined if the server has no keys. */
  readonly credential: Allowed | undefined;
  bootId: string;
  version: string;
  state: ClientState;
  commands: readonly string[];
  info: ClientInfo;
  named: boolean;
  labels: Readonly<Record<string, string>>;
  facts: Readonly<Record<string, string>>;
  /** The connection of its session; undefined without one. */
  peer: string | undefined;
  responsive: boolean;
  /** It has listed its jobs. */
  synced: boolean;
  /** Number of jobs that it holds but has not listed, because they belong to other stores. */
  elsewhere: number;
  /** It has said goodbye, or its credentials were revoked. */
  hasEnded: boolean;
  heardAtMs: number;
  /** The newest unanswered heartbeat. Repeated answers are not used to measure the round trip. */
  unanswered: Message<FromServer, 'heartbeat'> | undefined;
  /** Round trip of the last heartbeat, in ms. */
  roundTripMs: number | undefined;
  lagMs: number | undefined;
}

/** `ended`: the older session of the same client, which this one replaces. */
export interface Admission {
  readonly member: Member;
  readonly ended: string | undefined;
}

/** The state shown to operators. */
export function seenState({ peer, responsive, state }: Member): SeenState {
  if (peer === undefined) return 'offline';
  return responsive ? state : 'unresponsive';
}

/** Result of comparing a member's last message with the clock. */
export type Verdict = 'fine' | 'unresponsive' | 'over';

/**
 * Known clients. A member is connected while it has a `peer`, and responsive if a message arrived in the last
 * `unresponsiveMs`. A name has one session. A new session with the same boot id replaces it; with another boot id, it must
 * wait until the session has ended.
 */
export class Roster {
  private readonly members = new Map<string, Member>();
  private readonly byPeer = new Map<string, Member>();
  /** All members by name; undefined after a change. */
  private sorted: Member[] | undefined;

  /** @throws SignalboxError `name_taken` */
  admit(hello: Hello, peer: string, nowMs: number, credential?: Allowed): Admission {
    const known = this.members.get(hello.name);
    if (known?.peer !== undefined && known.bootId !== hello.bootId) {
      const message = `a client named ${hello.name} is connected (pid ${known.info.pid} on ${known.info.host})`;
      throw new SignalboxError('name_taken', message);
    }
    const ended = known?.peer === peer ? undefined : known?.peer;
    if (known?.peer !== undefined) this.byPeer.delete(known.peer);
    const { name, bootId, version, state, commands, info, named, labels, facts } = hello;
    const unmeasured = { unanswered: undefined, roundTripMs: undefined, lagMs: undefined };
    const fresh = {
      ...unmeasured,
      ...{ responsive: true, synced: false, hasEnded: false, elsewhere: 0, heardAtMs: nowMs },
    };
    const member: Member = {
      name,
      credential,
      bootId,
      version,
      state,
      commands,
      info,
      named,
      labels,
      facts,
      peer,
      ...fresh,
    };
    this.members.delete(name);
    this.members.set(name, member);
    this.sorted = undefined;
    this.byPeer.set(peer, member);
    return { member, ended };
  }

  ofPeer(peer: string): Member | undefined {
    return this.byPeer.get(peer);
  }

  get(name: string): Member | undefined {
    return this.members.get(name);
  }

  /** All known members, by name. */
  all(): readonly Member[] {
    this.sorted ??= [...this.members.values()].sort((a, b) => naturally(a.name, b.name));
    return this.sorted;
  }

  connected(): Member[] {
    return this.all().filter(({ peer }) => peer !== undefined);
  }

  /** Number of connected clients that have listed their jobs. */
  get syncedCount(): number {
    let count = 0;
    for (const { synced } of this.byPeer.values()) if (synced) count += 1;
    return count;
  }

  /** Records a message. @returns whether the member was unresponsive until now. */
  heard(member: Member, nowMs: number): boolean {
    member.heardAtMs = nowMs;
    if (member.responsive) return false;
    member.responsive = true;
    return true;
  }

  judge(member: Member, nowMs: number): Verdict {
    const silentMs = nowMs - member.heardAtMs;
    if (silentMs > limits.sessionTimeoutMs) return 'over';
    if (silentMs <= limits.unresponsiveMs || !member.responsive) return 'fine';
    member.responsive = false;
    return 'unresponsive';
  }

  /** Disregards a gap during which this process was stopped and could not receive. */
  forgive(gapMs: number): void {
    for (const member of this.byPeer.values()) member.heardAtMs += gapMs;
  }

  /**
   * @param isExpected expected clients are forgotten last if there are too many departed ones.
   * @returns the name of the client that was forgotten.
   */
  sessionEnded(member: Member, isExpected: (name: string) => boolean = () => false): string | undefined {
    if (member.peer === undefined) return undefined;
    this.byPeer.delete(member.peer);
    member.peer = undefined;
    if (this.members.size - this.byPeer.size <= limits.maxDepartedClients) return undefined;
    let oldest: string | undefined;
    for (const [name, { peer }] of this.members) {
      if (peer !== undefined) continue;
      oldest ??= name;
      if (isExpected(name)) continue;
      oldest = name;
      break;
    }
    if (oldest !== undefined) this.forget(oldest);
    return oldest;
  }

  forget(name: string): void {
    this.members.delete(name);
    this.sorted = undefined;
  }
}
