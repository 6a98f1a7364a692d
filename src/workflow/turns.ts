import { SignalboxError } from '../../schemas/index.ts';
import { startTimer } from '../process/timer.ts';

/** Delay after a failed turn, for example if the store is unavailable, in ms. */
const againMs = 1_000;

/** A change that waits for its turn. */
interface Change {
  readonly make: () => Promise<void>;
  readonly refuse: (error: Error) => void;
}

/** Runs turns one after the other. A turn must be repeatable. None begins before `begin`, or after `end` or `close`. */
export class Turns {
  private readonly turn: () => Promise<void>;
  private readonly hasEnded: () => SignalboxError;
  private readonly closing = new AbortController();
  private readonly changes: Change[] = [];
  private hasBegun = false;
  private isDue = false;
  private isDone = false;
  private timer: Disposable | undefined;
  private wakesAtMs = Number.POSITIVE_INFINITY;
  private turning: Promise<void> | undefined;
  /** Why the last turn failed. */
  failure: string | undefined;

  constructor(turn: () => Promise<void>, hasEnded: () => SignalboxError) {
    this.turn = turn;
    this.hasEnded = hasEnded;
  }

  /** Aborts when no more turns follow. */
  get signal(): AbortSignal {
    return this.closing.signal;
  }

  begin(): void {
    this.hasBegun = true;
    this.wake();
  }

  wake(): void {
    if (this.signal.aborted || !this.hasBegun) return;
    this.timer?.[Symbol.dispose]();
    this.wakesAtMs = Number.POSITIVE_INFINITY;
    this.isDue = true;
    this.turning ??= this.takeTurns();
  }

  /** Schedules a turn. Until the next turn, the earliest time counts. */
  wakeIn(ms: number): void {
    const atMs = Date.now() + ms;
    if (this.signal.aborted || atMs >= this.wakesAtMs) return;
    this.wakesAtMs = atMs;
    this.timer?.[Symbol.dispose]();
    this.timer = startTimer(ms, () => this.wake());
  }

  /**
   * Makes a change between two turns. @throws SignalboxError why no turns follow, or the error of a failed previous
   * turn.
   */
  async change(make: () => Promise<void>): Promise<void> {
    if (this.signal.aborted) throw this.hasEnded();
    const done = Promise.withResolvers<void>();
    this.changes.push({ make: () => make().then(done.resolve, done.reject), refuse: done.reject });
    this.wake();
    await done.promise;
  }

  /** Called within a turn to make it the last one. */
  end(): void {
    this.closing.abort();
    this.timer?.[Symbol.dispose]();
  }

  /** Resolves when the current turn has ended. */
  async close(): Promise<void> {
    this.end();
    await this.turning;
    this.refuse(this.hasEnded());
  }

  private async takeTurns(): Promise<void> {
    try {
      while (this.isDue && !this.signal.aborted) {
        this.isDue = false;
        // A failed turn is repeated under the same conditions, so changes wait.
        if (!this.isDone) await this.once();
        for (const { make } of this.changes.splice(0)) await make();
        await this.once();
        this.failure = undefined;
      }
    } catch (error) {
      const failure = SignalboxError.from(error, 'internal');
      this.isDue = false;
      this.failure = failure.message;
      this.refuse(failure);
      this.wakeIn(againMs);
    }
    this.turning = undefined;
    if (this.signal.aborted) this.refuse(this.hasEnded());
  }

  private async once(): Promise<void> {
    if (this.signal.aborted) return;
    this.isDone = false;
    await this.turn();
    this.isDone = true;
  }

  private refuse(why: SignalboxError): void {
    for (const { refuse } of this.changes.splice(0)) refuse(why);
  }
}
