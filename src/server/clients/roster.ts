import {
  type ClientInfo,
  type ClientState,
  type Hello,
  limits,
  protocolVersion,
  SignalboxError,
  type WireError,
} from '../../../schemas/index.ts';
import type { SeenState } from '../../jobs/events.ts';
import type { Allowed } from '../../keys/allow-list.ts';
import { naturally } from '../../natural-order.ts';

/** One client by name, connected or not. */
export interface Member {
  readonly name: string;
  /** What it has proved its name with; undefined where the server has no keys. */
  readonly credential: Allowed | undefined;
  bootId: string;
  version: string;
  state: ClientState;
  commands: readonly string[];
  info: ClientInfo;
  /** The connection that its session is on; undefined where it has none. */
  peer: string | undefined;
  responsive: boolean;
  /** It has said what jobs it holds. */
  synced: boolean;
  heardAtMs: number;
  /** Of the last heartbeat. */
  roundTripMs: number | undefined;
  lagMs: number | undefined;
}

export type Admission =
  | { readonly error: WireError }
  /** `ended`: the older session of the same client that this one replaces. */
  | { readonly member: Member; readonly ended: string | undefined };

/** What an operator sees of a member. */
export function seenState({ peer, responsive, state }: Member): SeenState {
  if (peer === undefined) return 'offline';
  return responsive ? state : 'unresponsive';
}

/** What a look at the clock says of a member. */
export type Verdict = 'fine' | 'unresponsive' | 'over';

/**
 * Who is here. A member is connected while it has a `peer`; responsive while it has been heard in the last
 * `unresponsiveMs`. One session per name: the same boot id replaces its own, another one waits until that has ended.
 */
export class Roster {
  private readonly members = new Map<string, Member>();
  private readonly byPeer = new Map<string, Member>();
  /** All by name, until somebody comes or is forgotten. */
  private sorted: Member[] | undefined;

  admit(hello: Hello, peer: string, nowMs: number, credential?: Allowed): Admission {
    if (hello.protocol !== protocolVersion) {
      const message = `this server speaks version ${protocolVersion} of the protocol, the client ${hello.protocol}`;
      return { error: new SignalboxError('unsupported_protocol', message).toWire() };
    }
    const known = this.members.get(hello.name);
    if (known?.peer !== undefined && known.bootId !== hello.bootId) {
      const message = `a client named ${hello.name} is connected (pid ${known.info.pid} on ${known.info.host})`;
      return { error: new SignalboxError('name_taken', message).toWire() };
    }
    const ended = known?.peer === peer ? undefined : known?.peer;
    if (known?.peer !== undefined) this.byPeer.delete(known.peer);
    const { name, bootId, version, state, commands, info } = hello;
    const fresh = { roundTripMs: undefined, lagMs: undefined, responsive: true, synced: false, heardAtMs: nowMs };
    const member: Member = { name, credential, bootId, version, state, commands, info, peer, ...fresh };
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

  /** All that are known, by name. */
  all(): readonly Member[] {
    this.sorted ??= [...this.members.values()].sort((a, b) => naturally(a.name, b.name));
    return this.sorted;
  }

  connected(): Member[] {
    return this.all().filter(({ peer }) => peer !== undefined);
  }

  /** How many are connected and have said what they hold. */
  get syncedCount(): number {
    let count = 0;
    for (const { synced } of this.byPeer.values()) if (synced) count += 1;
    return count;
  }

  /** Any message counts as life. @returns whether the member was unresponsive until now. */
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

  /** This process was stopped for `gapMs`: nobody could be heard in that time. */
  forgive(gapMs: number): void {
    for (const member of this.byPeer.values()) member.heardAtMs += gapMs;
  }

  sessionEnded(member: Member): void {
    if (member.peer === undefined) return;
    this.byPeer.delete(member.peer);
    member.peer = undefined;
    this.forgetOldest();
  }

  private forgetOldest(): void {
    if (this.members.size - this.byPeer.size <= limits.maxDepartedClients) return;
    for (const [name, { peer }] of this.members) {
      if (peer !== undefined) continue;
      this.members.delete(name);
      this.sorted = undefined;
      return;
    }
  }
}
