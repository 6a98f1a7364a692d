import { SignalboxError } from '../../schemas/index.ts';
import { startTimer } from '../process/timer.ts';

/** After a turn that failed, because the store could not be written, say. */
const againMs = 1_000;

/** What waits for its turn. */
interface Change {
  readonly make: () => Promise<void>;
  readonly refuse: (error: Error) => void;
}

/**
 * The turns of something, one after the other, each of which may be made again. None begins before `begin`, or after
 * `end` or `close`.
 */
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

  /** Aborts when no turn comes any more. */
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

  /** The earliest counts until the next turn. */
  wakeIn(ms: number): void {
    const atMs = Date.now() + ms;
    if (this.signal.aborted || atMs >= this.wakesAtMs) return;
    this.wakesAtMs = atMs;
    this.timer?.[Symbol.dispose]();
    this.timer = startTimer(ms, () => this.wake());
  }

  /** Makes a change between two turns. @throws SignalboxError why there is no turn, or why the one before has failed. */
  async change(make: () => Promise<void>): Promise<void> {
    if (this.signal.aborted) throw this.hasEnded();
    const done = Promise.withResolvers<void>();
    this.changes.push({ make: () => make().then(done.resolve, done.reject), refuse: done.reject });
    this.wake();
    await done.promise;
  }

  /** From within a turn: it was the last one. */
  end(): void {
    this.closing.abort();
    this.timer?.[Symbol.dispose]();
  }

  /** Resolves when the turn that is taken has ended. */
  async close(): Promise<void> {
    this.end();
    await this.turning;
    this.refuse(this.hasEnded());
  }

  private async takeTurns(): Promise<void> {
    try {
      while (this.isDue && !this.signal.aborted) {
        this.isDue = false;
        // What a turn that failed has done is made again as it was: nothing changes before.
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
