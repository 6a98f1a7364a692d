import { presenceLimits } from '../model/limits.ts';
import { Rounds } from '../model/rounds.ts';

const slots = 50;

/** A recipient of pings. */
interface Pinged {
  ping(): void;
  readonly unanswered: number;
}

interface PingerOptions<Member> {
  readonly everyMs: number;
  readonly now: () => number;
  /** The members of a slot were pinged. `lateMs` is the delay after the due time. */
  readonly onPinged: (members: number, lateMs: number) => void;
  /** Called for a member with too many unanswered pings. */
  readonly onSilent: (member: Member) => void;
}

/**
 * Pings each member once per interval. The interval is divided into slots. A new member joins the slot with the fewest members,
 * which spreads pings and pongs over the interval.
 */
export class Pinger<Member extends Pinged> implements Disposable {
  private readonly members: readonly Set<Member>[] = Array.from({ length: slots }, () => new Set());
  private readonly slotOf = new Map<Member, Set<Member>>();
  private readonly everyMs: number;
  private readonly now: () => number;
  private readonly onPinged: (members: number, lateMs: number) => void;
  private readonly onSilent: (member: Member) => void;
  private rounds: Rounds | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor({ everyMs, now, onPinged, onSilent }: PingerOptions<Member>) {
    this.everyMs = everyMs;
    this.now = now;
    this.onPinged = onPinged;
    this.onSilent = onSilent;
  }

  get size(): number {
    return this.slotOf.size;
  }

  /** All members. */
  all(): Member[] {
    return [...this.slotOf.keys()];
  }

  join(member: Member): void {
    const slot = this.members.reduce((fewest, one) => (one.size < fewest.size ? one : fewest));
    slot.add(member);
    this.slotOf.set(member, slot);
    if (this.timer) return;
    this.rounds = new Rounds(this.now(), { intervalMs: this.everyMs, slots });
    this.arm(this.rounds);
  }

  leave(member: Member): void {
    this.slotOf.get(member)?.delete(member);
    this.slotOf.delete(member);
    if (this.slotOf.size === 0) this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private arm(rounds: Rounds): void {
    this.timer = setTimeout(() => this.tick(rounds), Math.max(0, rounds.nextMs - this.now()));
  }

  private tick(rounds: Rounds): void {
    for (const { slot, dueMs } of rounds.take(this.now())) {
      const members = this.members[slot];
      if (!members || members.size === 0) continue;
      const { size } = members;
      // A copy: dropped members leave during the loop.
      for (const member of [...members]) {
        if (member.unanswered >= presenceLimits.maxUnanswered) this.onSilent(member);
        else member.ping();
      }
      this.onPinged(size, Math.max(0, this.now() - dueMs));
    }
    if (this.timer) this.arm(rounds);
  }
}
