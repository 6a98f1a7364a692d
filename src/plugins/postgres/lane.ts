import { SignalboxError } from '../../index.ts';
import type { Address } from './address.ts';
import { endsSession, failureOf, isConflict, type Step } from './failure.ts';
import { type Limits, Session } from './session.ts';

const maxTries = 10;

/** Runs work on one session, one piece at a time, in the order of the calls. A session that has ended is replaced. */
export class Lane implements AsyncDisposable {
  private readonly address: Address;
  private readonly limits: Limits;
  private readonly onOpen: (session: Session) => Promise<void>;
  private readonly onLoss: () => void;
  private session: Session | undefined;
  private last: Promise<unknown> = Promise.resolve();
  /** The newest session, connected or not. */
  private connecting: Session | undefined;
  private closing: Promise<void> | undefined;
  private aborted: Error | undefined;

  /** @param onLoss called when a session ends without being closed. */
  constructor(
    address: Address,
    limits: Limits,
    {
      onOpen = async () => {},
      onLoss = () => {},
    }: { onOpen?: (session: Session) => Promise<void>; onLoss?: () => void } = {},
  ) {
    this.address = address;
    this.limits = limits;
    this.onOpen = onOpen;
    this.onLoss = onLoss;
  }

  /** Runs work that only reads. Retries it if the session has ended meanwhile. */
  read<Value>(work: (session: Session) => Promise<Value>): Promise<Value> {
    return this.queue(async () => {
      try {
        return await this.again(work);
      } catch (error) {
        throw failureOf(error, this.address);
      }
    });
  }

  /** Runs `work` in a transaction, which is committed unless `work` throws. `work` may be called several times. */
  transaction<Value>(work: (session: Session) => Promise<Value>): Promise<Value> {
    return this.queue(() => this.repeated(() => this.once(work)));
  }

  /** Completes earlier calls first. */
  [Symbol.asyncDispose](): Promise<void> {
    this.closing ??= this.last.then(async () => {
      await this.session?.[Symbol.asyncDispose]();
      this.session = undefined;
    });
    return this.closing;
  }

  /** Fails current and waiting work. */
  abort(error: Error): void {
    this.aborted = error;
    this.connecting?.destroy(error);
    this.session?.destroy(error);
  }

  private queue<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.closing) return Promise.reject(new SignalboxError('closed', 'the store is closed'));
    const done = this.last.then(work);
    this.last = done.catch(() => {});
    return done;
  }

  private async repeated<Value>(work: () => Promise<Value>): Promise<Value> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        const { cause } = error instanceof Error ? error : {};
        if (!isConflict(cause) || tries === maxTries) throw error;
      }
    }
  }

  private async once<Value>(work: (session: Session) => Promise<Value>): Promise<Value> {
    let session: Session | undefined;
    let step: Step = 'before';
    try {
      session = await this.again(async (one) => {
        await one.query('BEGIN ISOLATION LEVEL READ COMMITTED');
        return one;
      });
      const value = await work(session);
      step = 'commit';
      await session.query('COMMIT');
      return value;
    } catch (error) {
      await session?.rollback();
      throw failureOf(error, this.address, step);
    }
  }

  /** Retries work once if it failed because the session had ended. */
  private async again<Value>(work: (session: Session) => Promise<Value>): Promise<Value> {
    if (this.session && !this.session.isBroken) {
      try {
        return await work(this.session);
      } catch (error) {
        if (!endsSession(error)) throw error;
      }
    }
    return await work(await this.opened());
  }

  private async opened(): Promise<Session> {
    if (this.session && !this.session.isBroken) return this.session;
    this.session?.destroy(new Error('it has ended'));
    this.session = undefined;
    if (this.aborted) throw this.aborted;
    let session: Session | undefined;
    session = await Session.open(this.address, this.limits, {
      onMade: (made) => {
        this.connecting = made;
      },
      onEnd: () => {
        if (session && this.session === session && !this.closing) this.onLoss();
      },
    });
    try {
      await this.onOpen(session);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
    this.session = session;
    return session;
  }
}
