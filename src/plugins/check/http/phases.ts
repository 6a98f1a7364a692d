/** The phases of a check, in order; repeated on each hop. */
export const phaseNames = ['dns', 'connect', 'tls', 'firstByte', 'transfer'] as const;
export type Phase = (typeof phaseNames)[number];

/** Sums the time of each phase, from its beginning to that of the next, so that there are no gaps. */
export class Phases {
  private readonly now: () => number;
  private readonly sums = new Map<Phase, number>();
  private current: { readonly phase: Phase; readonly sinceMs: number } | undefined;

  /** @param now a monotonic clock, in ms */
  constructor(now: () => number) {
    this.now = now;
  }

  /** The current phase, or the last one. */
  get last(): Phase {
    return this.current?.phase ?? 'dns';
  }

  enter(phase: Phase): void {
    const atMs = this.now();
    this.leave(atMs);
    this.current = { phase, sinceMs: atMs };
  }

  /** @returns the time of each phase to the microsecond, null if not reached, and their sum. */
  end(): Readonly<Record<`${Phase}Ms`, number | null>> & { readonly totalMs: number } {
    const atMs = this.now();
    this.leave(atMs);
    if (this.current) this.current = { ...this.current, sinceMs: atMs };
    const rounded = (phase: Phase) => {
      const sum = this.sums.get(phase);
      return sum === undefined ? null : Math.round(sum * 1_000);
    };
    const micros = phaseNames.map(rounded);
    const [dnsMs, connectMs, tlsMs, firstByteMs, transferMs] = micros.map(inMs);
    return {
      dnsMs: dnsMs ?? null,
      connectMs: connectMs ?? null,
      tlsMs: tlsMs ?? null,
      firstByteMs: firstByteMs ?? null,
      transferMs: transferMs ?? null,
      totalMs: micros.reduce<number>((sum, one) => sum + (one ?? 0), 0) / 1_000,
    };
  }

  private leave(atMs: number): void {
    if (!this.current) return;
    const { phase, sinceMs } = this.current;
    this.sums.set(phase, (this.sums.get(phase) ?? 0) + atMs - sinceMs);
  }
}

const inMs = (micros: number | null): number | null => (micros === null ? null : micros / 1_000);
