import { windowMs } from '../../../src/plugins/presence/model/online.ts';

/** A pong is counted when it is as old as this, or it is lost with its gateway. */
const countedMs = 2_000;
/** After an outage the count is right. */
export const rightMs = 3_000;
/** The maximum age of a count. */
const cachedMs = 500;

/** When something started to work without a break; undefined while it does not. */
export interface Part {
  calmSinceMs: number | undefined;
}

/** One gateway process. Unstored pongs end with it. */
export interface Life extends Part {
  isOver: boolean;
}

/** One stream of a user. */
export interface Stream {
  readonly userId: string;
  readonly life: Life;
  /** Pongs that say online, which are not certainly stored. */
  pending: number[];
  isOver: boolean;
}

interface Known {
  /** The newest pong that must be stored. */
  storedMs: number;
  /** The newest pong that may be stored. */
  newestMs: number;
  /** Its row was aged: when, and the newest pong before that. */
  aged: { readonly atMs: number; readonly newestMs: number } | undefined;
}

/** The pongs that users have sent, and the resulting bounds of a count. Times are of one monotonic clock. */
export class PongModel {
  readonly database: Part = { calmSinceMs: undefined };
  /** The longest freeze of a gateway: it reads pongs that much later. */
  longestFreezeMs = 0;
  private readonly users = new Map<string, Known>();
  private readonly streams = new Set<Stream>();

  /** A user that stays and answers, whatever happens. */
  addConstant(userId: string): void {
    const always = Number.POSITIVE_INFINITY;
    this.users.set(userId, { storedMs: always, newestMs: always, aged: undefined });
  }

  open(userId: string, life: Life): Stream {
    const stream: Stream = { userId, life, pending: [], isOver: false };
    this.streams.add(stream);
    return stream;
  }

  /** A pong that says online is sent. */
  sent(stream: Stream, nowMs: number): void {
    stream.pending.push(nowMs);
    const known = this.known(stream.userId);
    known.newestMs = Math.max(known.newestMs, nowMs);
  }

  /** @param isClean the gateway has said goodbye: it has read everything. */
  ended(stream: Stream, isClean: boolean, nowMs: number): void {
    this.settle(nowMs);
    stream.isOver = true;
    if (!isClean) stream.pending = [];
    this.settle(nowMs);
  }

  /** A gateway is killed. */
  killed(life: Life, nowMs: number): void {
    this.settle(nowMs);
    life.calmSinceMs = undefined;
    life.isOver = true;
    this.settle(nowMs);
  }

  /** Something stops working. */
  disturbed(part: Part, nowMs: number): void {
    this.settle(nowMs);
    part.calmSinceMs = undefined;
  }

  /** The bounds of a count that was requested and received at these times. */
  bounds(asked: ReadonlyMap<string, number>, askedMs: number, answeredMs: number): { least: number; most: number } {
    const edgeMs = answeredMs - windowMs;
    const least = [...asked].filter(
      ([userId, storedMs]) => storedMs > edgeMs && this.known(userId).storedMs > edgeMs,
    ).length;
    const oldestMs = askedMs - cachedMs - windowMs - countedMs - this.longestFreezeMs;
    const most = [...this.users.values()].filter(({ newestMs, aged }) => {
      const isCached = aged && askedMs - aged.atMs < 2 * cachedMs;
      return newestMs > oldestMs || (isCached && aged.newestMs > oldestMs);
    }).length;
    return { least, most };
  }

  /** The pong of each user that must be stored by now. */
  certain(nowMs: number): ReadonlyMap<string, number> {
    this.settle(nowMs);
    return new Map([...this.users].map(([userId, { storedMs }]) => [userId, storedMs]));
  }

  /** Users without a stream whose newest pong is certainly stored. */
  gone(): string[] {
    const present = new Set([...this.streams].map(({ userId }) => userId));
    return [...this.users]
      .filter(
        ([userId, { storedMs, newestMs }]) =>
          storedMs === newestMs && Number.isFinite(newestMs) && !present.has(userId),
      )
      .map(([userId]) => userId);
  }

  /** The row of a user was aged by this. */
  age(userId: string, ms: number): void {
    const known = this.known(userId);
    known.aged = { atMs: performance.now(), newestMs: known.newestMs };
    known.storedMs -= ms;
    known.newestMs -= ms;
  }

  private known(userId: string): Known {
    let known = this.users.get(userId);
    if (!known) {
      known = { storedMs: Number.NEGATIVE_INFINITY, newestMs: Number.NEGATIVE_INFINITY, aged: undefined };
      this.users.set(userId, known);
    }
    return known;
  }

  private settle(nowMs: number): void {
    const isCalm = ({ calmSinceMs }: Part) => calmSinceMs !== undefined && nowMs - calmSinceMs >= rightMs;
    for (const stream of this.streams) {
      if (isCalm(this.database) && isCalm(stream.life)) {
        const known = this.known(stream.userId);
        while (stream.pending[0] !== undefined && nowMs - stream.pending[0] >= countedMs) {
          known.storedMs = Math.max(known.storedMs, stream.pending.shift() ?? 0);
        }
      }
      if (stream.life.isOver) stream.pending = [];
      if (stream.isOver && stream.pending.length === 0) this.streams.delete(stream);
    }
  }
}
