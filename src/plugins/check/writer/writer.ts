import { setTimeout as sleep } from 'node:timers/promises';
import { SignalboxError } from '../../../index.ts';
import type { Received } from '../kafka/received.ts';
import { sortOut } from './sort-out.ts';
import type { ResultStore, Stored } from './store/result-store.ts';
import type { WriterEvents } from './writer-events.ts';

/** Delivers messages. */
export interface Source extends AsyncDisposable {
  next(max: number, signal: AbortSignal): Promise<readonly Received[]>;
  commit(messages: readonly Received[]): Promise<void>;
}

interface WriterOptions {
  readonly openSource: () => Promise<Source>;
  readonly store: Pick<ResultStore, 'put'>;
  readonly events: WriterEvents;
  readonly maxRows?: number;
}

const firstWaitMs = 250;
const longestWaitMs = 5_000;

/**
 * Copies messages from Kafka to the database. Offsets are committed after the transaction. If the process ends in between, Kafka delivers
 * the messages again, and the key of each result prevents duplicates.
 */
export class Writer {
  private readonly options: WriterOptions;

  constructor(options: WriterOptions) {
    this.options = options;
  }

  /** Runs until `signal` aborts, then finishes the current batch. @throws errors that a retry cannot resolve */
  async run(signal: AbortSignal): Promise<void> {
    const { events, openSource } = this.options;
    let waitMs = firstWaitMs;
    while (!signal.aborted) {
      try {
        await using source = await openSource();
        events.brokerFailing(undefined);
        await this.drain(source, signal, () => {
          waitMs = firstWaitMs;
        });
      } catch (error) {
        if (!isOutage(error)) throw error;
        events.brokerFailing(error);
        waitMs = await waited(waitMs, signal);
      }
    }
  }

  private async drain(source: Source, signal: AbortSignal, onCommit: () => void): Promise<void> {
    const { maxRows = 5_000 } = this.options;
    for (;;) {
      const messages = await source.next(maxRows, signal);
      if (messages.length === 0 || !(await this.store(messages, signal))) return;
      await source.commit(messages);
      onCommit();
    }
  }

  /** Retries while the database is unavailable. The consumer stays in its group meanwhile. @returns undefined if `signal` aborts */
  private async store(messages: readonly Received[], signal: AbortSignal): Promise<Stored | undefined> {
    const { store, events } = this.options;
    const { results, poison } = sortOut(messages);
    for (let waitMs = firstWaitMs; ; ) {
      const beganAt = performance.now();
      try {
        const stored = await store.put(results, poison);
        events.storeFailing(undefined);
        events.stored(stored, performance.now() - beganAt);
        return stored;
      } catch (error) {
        if (!(error instanceof SignalboxError)) throw error;
        events.storeFailing(error);
        if (signal.aborted) return undefined;
        waitMs = await waited(waitMs, signal);
      }
    }
  }
}

const isOutage = (error: unknown): error is SignalboxError =>
  error instanceof SignalboxError && ['unavailable', 'closed'].includes(error.code);

/** Waits, or until `signal` aborts. @returns the next waiting time, in ms */
async function waited(ms: number, signal: AbortSignal): Promise<number> {
  await sleep(ms, undefined, { signal }).catch(() => {});
  return Math.min(longestWaitMs, ms * 2);
}
