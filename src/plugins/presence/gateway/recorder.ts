import type { TraceSpan } from '../../../index.ts';
import { presenceLimits } from '../model/limits.ts';
import type { Sighting } from '../model/sighting.ts';
import { untilTimeUp } from '../model/until-time-up.ts';
import { WaitingRows } from '../model/waiting-rows.ts';
import type { PresenceStore } from '../store/presence-store.ts';
import { traced } from '../trace/traced.ts';
import type { GatewayEvents } from './gateway-events.ts';

/** Flushes between two prunes. */
const pruneEvery = 10;

interface RecorderOptions {
  readonly events: Pick<GatewayEvents, 'stored' | 'storeFailing'>;
  readonly now: () => number;
  /** Users whose rows wait. */
  readonly maxRows: number;
  readonly everyMs: number;
  /** Begins the span of a batch. */
  readonly beginBatch?: ((rows: readonly Sighting[], nowMs: number) => TraceSpan) | undefined;
}

/**
 * Stores who was seen, in batches, one batch at a time. What cannot be stored waits for the next one, with the
 * time at which it was seen.
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

  /** Rows that the store does not have yet. */
  get waiting(): number {
    return this.rows.size;
  }

  hasRoomFor(userId: string): boolean {
    return this.rows.hasRoomFor(userId);
  }

  /** A user is seen now. @returns false where there is no room for another one. */
  see(userId: string): boolean {
    return this.rows.add({ userId, atMs: this.now() });
  }

  /** Stores what waits, if nothing is being stored. Never rejects. */
  flush(): Promise<void> {
    this.flushing ??= this.flushOnce().finally(() => {
      this.flushing = undefined;
    });
    return this.flushing;
  }

  /** What waits is stored first, if that takes no longer than a moment. */
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
