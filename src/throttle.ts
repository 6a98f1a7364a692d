import { monotonicMs } from './clock.ts';

/** The suppressed facts of one source, or of several sources that share a window. */
export interface LeftOut<Fact> {
  readonly newest: Fact;
  readonly count: number;
  readonly isMixed: boolean;
}

interface Window<Fact> {
  readonly endsAtMs: number;
  told: number;
  leftOut: number;
  newest: Fact | undefined;
}

const others = Symbol('others');

/**
 * Rate limiter: at most `burst` facts per source and window of `windowMs`, then one count when the window ends. While
 * `maxSources` have a window, new ones share one, so that a peer gains nothing by a new name each time.
 */
export class Throttle<Fact> implements Disposable {
  private readonly burst: number;
  private readonly windowMs: number;
  private readonly maxSources: number;
  private readonly onLeftOut: (leftOut: LeftOut<Fact>) => void;
  /** By source, in expiry order. */
  private readonly windows = new Map<string | symbol, Window<Fact>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(options: {
    burst: number;
    windowMs: number;
    maxSources: number;
    onLeftOut: (leftOut: LeftOut<Fact>) => void;
  }) {
    this.burst = options.burst;
    this.windowMs = options.windowMs;
    this.maxSources = options.maxSources;
    this.onLeftOut = options.onLeftOut;
  }

  /** Whether to report this fact now. Otherwise it is counted. */
  admits(source: string, fact: Fact): boolean {
    const isNew = !this.windows.has(source);
    const window = this.windowOf(isNew && this.windows.size >= this.maxSources ? others : source);
    if (window.told < this.burst) {
      window.told += 1;
      return true;
    }
    window.leftOut += 1;
    window.newest = fact;
    return false;
  }

  /** Reports what was suppressed so far, and ends. */
  [Symbol.dispose](): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [source, window] of this.windows) this.tell(source, window);
    this.windows.clear();
  }

  private windowOf(source: string | symbol): Window<Fact> {
    const known = this.windows.get(source);
    if (known) return known;
    const window = { endsAtMs: monotonicMs() + this.windowMs, told: 0, leftOut: 0, newest: undefined };
    this.windows.set(source, window);
    this.schedule();
    return window;
  }

  private schedule(): void {
    const [first] = this.windows.values();
    if (!first || this.timer) return;
    // Must not keep the process alive; disposal reports the rest.
    this.timer = setTimeout(() => this.endWindows(), Math.max(1, Math.ceil(first.endsAtMs - monotonicMs()))).unref();
  }

  private endWindows(): void {
    this.timer = undefined;
    const nowMs = monotonicMs();
    for (const [source, window] of this.windows) {
      if (window.endsAtMs > nowMs) break;
      this.windows.delete(source);
      if (window.leftOut === 0) continue;
      this.tell(source, window);
      // This report is the first of the next window.
      this.windowOf(source).told = 1;
    }
    this.schedule();
  }

  private tell(source: string | symbol, { newest, leftOut: count }: Window<Fact>): void {
    if (newest !== undefined && count > 0) this.onLeftOut({ newest, count, isMixed: source === others });
  }
}
