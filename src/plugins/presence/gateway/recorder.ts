import type { TraceSpan } from '../../../index.ts';
import { presenceLimits } from '../model/limits.ts';
import type { Sighting } from '../model/sighting.ts';
import { untilTimeUp } from '../model/until-time-up.ts';
import { WaitingRows } from '../model/waiting-rows.ts';
import type { PresenceStore } from '../store/presence-store.ts';
import { traced } from '../trace/traced.ts';
import type { GatewayEvents } from './gateway-events.ts';

/** Number of flushes per prune. */
const pruneEvery = 10;

interface RecorderOptions {
  readonly events: Pick<GatewayEvents, 'stored' | 'storeFailing'>;
  readonly now: () => number;
  /** Maximum number of users with a waiting row. */
  readonly maxRows: number;
  readonly everyMs: number;
  /** Begins the span of a batch. */
  readonly beginBatch?: ((rows: readonly Sighting[], nowMs: number) => TraceSpan) | undefined;
}

/**
 * Stores sightings of users, one batch at a time. Sightings that cannot be stored wait for the next batch and keep their
 * times.
 */
export class Recorder implements AsyncDisposable {
  private readonly store: Pick<PresenceStore, 'put' | 'prune'>;
  private readonly events: Pick<GatewayEvents, 'stored' | 'storeFailing'>;
  private readonly now: () => number;
  private readonly rows: WaitingRows;
  private readonly beginBatch: RecorderOptions['beginBatch'];
  private readonly timer: NodeJS.Timeout;
  private flushing: Promise<void> | undefined;
  private flushes = 0;
  private isFailing = false;

  constructor(
    store: Pick<PresenceStore, 'put' | 'prune'>,
    { events, now, maxRows, everyMs, beginBatch }: RecorderOptions,
  ) {
    this.store = store;
    this.events = events;
    this.now = now;
    this.rows = new WaitingRows(maxRows);
    this.beginBatch = beginBatch;
    this.timer = setInterval(() => void this.flush(), everyMs);
  }

  /** Number of rows that are not stored yet. */
  get waiting(): number {
    return this.rows.size;
  }

  hasRoomFor(userId: string): boolean {
    return this.rows.hasRoomFor(userId);
  }

  /** Records that a user was seen now. @returns false if too many users are waiting */
  see(userId: string): boolean {
    return this.rows.add({ userId, atMs: this.now() });
  }

  /** Stores the waiting rows, unless a batch is being stored. Never rejects. */
  flush(): Promise<void> {
    this.flushing ??= this.flushOnce().finally(() => {
      this.flushing = undefined;
    });
    return this.flushing;
  }

  /** Stores the waiting rows first, within a time limit. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.timer);
    await untilTimeUp(
      (async () => {
        await this.flushing;
        await this.flush();
      })(),
      presenceLimits.lastRowsMs,
    );
  }

  private async flushOnce(): Promise<void> {
    const startMs = this.now();
    const rows = this.rows.take(startMs);
    const prunes = this.flushes % pruneEvery === 0;
    if (rows.length === 0 && !prunes) {
      this.flushes += 1;
      return;
    }
    try {
      const span = this.beginBatch?.(rows, startMs);
      await traced(span, async () => {
        if (rows.length > 0) await this.store.put(rows, span);
        if (prunes) await this.store.prune(span);
      });
      this.flushes += 1;
    } catch (error) {
      this.rows.giveBack(rows);
      this.isFailing = true;
      this.events.storeFailing(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (rows.length > 0) this.events.stored(rows.length, this.now() - startMs);
    if (this.isFailing) this.events.storeFailing(undefined);
    this.isFailing = false;
  }
}
