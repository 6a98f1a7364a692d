import { SignalboxError } from '../../schemas/index.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { Event } from '../plugin/observer.ts';
import type { Collection, Entry } from '../store/collection.ts';
import { sleep } from '../timer.ts';
import type { Trigger } from './definition.ts';
import type { Collections } from './run-store.ts';

/** Interval for reading the log of events and checking absent clients, in ms. */
const againMs = 1_000;
const page = 1_000;

/** A client that is away. */
interface Away {
  readonly sinceMs: number;
  readonly isGone?: boolean;
}

/** A change of a client. */
export interface ClientChange {
  readonly kind: NonNullable<Trigger['client']>;
  readonly client: string;
  /** Time of the change, in ms since the epoch. Identifies the run that it starts. */
  readonly atMs: number;
}

interface ClientTriggersOptions {
  readonly service: JobService;
  readonly collections: Collections;
  /** Time after which an absent client is gone, in ms. */
  readonly lostAfterMs: number;
  /** Called for each change, in order; again after a crash. */
  readonly onChange: (change: ClientChange) => Promise<void>;
  readonly warn: (sentence: string) => void;
}

/**
 * Follows the clients in the log of events, continuing where the previous server stopped, so that no change is missed
 * over a restart. The position is stored after the consequences of an event.
 */
export class ClientTriggers implements AsyncDisposable {
  private readonly options: ClientTriggersOptions;
  private readonly away: Collection<Away>;
  private readonly cursor: Collection<{ readonly seq: number }>;
  private readonly ending = new AbortController();
  /** No client can come back while the server is not running, so that time does not count. */
  private readonly startedMs = Date.now();
  private readonly reading: Promise<unknown>;

  constructor(options: ClientTriggersOptions) {
    this.options = options;
    this.away = options.collections('workflow-clients-away');
    this.cursor = options.collections('workflow-cursor');
    this.reading = Promise.all([this.again(() => this.read()), this.again(() => this.lookForGone())]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    await this.reading;
  }

  private async again(work: () => Promise<void>): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        if (signal.aborted) return;
        this.options.warn(
          `runs started by changes of clients are delayed: ${SignalboxError.from(error, 'internal').message}`,
        );
      }
      await sleep(againMs, signal);
    }
  }

  private async read(): Promise<void> {
    const { signal } = this.ending;
    const known = await this.cursor.get('clients');
    const from = known && known.value.seq + 1;
    await using events = this.options.service.watch({ signal, ...(from !== undefined && { from }) });
    for (const { name, state } of await this.options.service.clients()) {
      if (state === 'offline') await this.away.putIfAbsent(name, { sinceMs: this.startedMs });
    }
    try {
      for await (const event of events) await this.take(event);
    } catch (error) {
      if (!(error instanceof SignalboxError) || error.code !== 'gone' || !known) throw error;
      // Part of the log has been deleted: continue with the present.
      await this.cursor.compareAndDelete('clients', known.version);
      throw error;
    }
  }

  private async take(event: Event): Promise<void> {
    if (event.type === 'client.forgotten') return await this.isBack(event.client);
    const isOffline = event.type === 'client.state' && event.state === 'offline';
    if ((event.type !== 'client.joined' && !isOffline) || event.seq === undefined) return;
    const { client, atMs, seq } = event;
    if (event.type === 'client.joined') await this.isBack(client);
    else await this.away.putIfAbsent(client, { sinceMs: atMs });
    await this.options.onChange({ kind: isOffline ? 'offline' : 'joined', client, atMs });
    const before = await this.cursor.get('clients');
    if (before) await this.cursor.compareAndSet('clients', before.version, { seq });
    else await this.cursor.putIfAbsent('clients', { seq });
  }

  private async lookForGone(): Promise<void> {
    for (let after: string | undefined; ; ) {
      const away = await this.away.list(page, after);
      for (const entry of away) await this.lookAt(entry);
      after = away.at(-1)?.key;
      if (away.length < page) return;
    }
  }

  private async lookAt({ key: client, value, version }: Entry<Away>): Promise<void> {
    const { lostAfterMs, onChange } = this.options;
    const { sinceMs, isGone } = value;
    if (isGone || Date.now() - Math.max(sinceMs, this.startedMs) < lostAfterMs) return;
    await onChange({ kind: 'gone', client, atMs: sinceMs });
    await this.away.compareAndSet(client, version, { ...value, isGone: true });
  }

  private async isBack(client: string): Promise<void> {
    const entry = await this.away.get(client);
    if (entry) await this.away.compareAndDelete(client, entry.version);
  }
}
