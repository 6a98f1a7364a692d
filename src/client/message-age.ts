/** Longer than any queue that a session survives, and short enough for clock drift (30 ms at 500 ppm). */
const windowMs = 60_000;
const resolutionMs = 1_000;

/**
 * Estimates the transit time of messages without synchronised clocks: the delay relative to the fastest message of the
 * last minute. Older messages are dropped, since clocks drift and jump. The server's heartbeats provide enough samples.
 */
export class MessageAge {
  /** The smallest delay since each time, at most one entry per second. Delays therefore increase with time. */
  private readonly minima: { readonly atMs: number; readonly delayMs: number }[] = [];

  /** @param sentMs by the clock of the server. */
  of(sentMs: number, nowMs: number): number {
    const delayMs = nowMs - sentMs;
    this.add(nowMs, delayMs);
    return delayMs - (this.minima[0]?.delayMs ?? delayMs);
  }

  private add(atMs: number, delayMs: number): void {
    const { minima } = this;
    while ((minima[0]?.atMs ?? atMs) < atMs - windowMs) minima.shift();
    while ((minima.at(-1)?.delayMs ?? Number.NEGATIVE_INFINITY) >= delayMs) minima.pop();
    const last = minima.at(-1);
    if (!last || atMs - last.atMs >= resolutionMs) minima.push({ atMs, delayMs });
  }
}
