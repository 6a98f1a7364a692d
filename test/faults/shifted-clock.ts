// The clock of a process that imports this can be set, like that of a machine. Timers run as before.
const real = Date;
let shiftMs = 0;

/** Sets the clock forward, or back. */
export function setClock(ms: number): void {
  shiftMs += ms;
}

globalThis.Date = class extends real {
  constructor(...given: [] | [number]) {
    if (given.length === 0) super(real.now() + shiftMs);
    else super(...given);
  }

  static override now(): number {
    return real.now() + shiftMs;
  }
} as DateConstructor;
