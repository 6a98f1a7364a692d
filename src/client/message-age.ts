/** Long enough for any queue that a session survives, short enough for clocks that drift: 500 ppm make 30 ms of it. */
const windowMs = 60_000;
const resolutionMs = 1_000;

/**
 * How long messages were on their way, though the clocks of two machines cannot be compared: how much longer than the quickest one
 * of the last minute. Clocks drift and jump, so an older one says nothing any more. The server's heartbeats keep this filled.
 */
export class MessageAge {
  /** Minima: each is the smallest delay from its time on. At most one for each second, so the delays rise with the times. */
  private readonly minima: { readonly atMs: number; readonly delayMs: number }[] = [];

  /** @param sentMs by the server's clock. */
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
