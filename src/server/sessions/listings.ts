import { type FromClient, type Hello, limits, type Message, SignalboxError } from '../../../schemas/index.ts';
import { monotonicMs } from '../../clock.ts';
import type { JobTable } from '../../jobs/job-table.ts';
import type { Origin } from '../../jobs/submission.ts';
import type { JobStore } from '../../store/job-store.ts';
import type { StoredJob } from '../../store/stored-job.ts';
import { formerOf } from '../journal/stored-form.ts';
import type { StoreHealth } from '../store-health.ts';

type SessionMessage = Exclude<FromClient, Hello>;
type Listed = Message<FromClient, 'job'>;

const firstRetryMs = 100;
const lastRetryMs = 5_000;

/** Messages that say nothing about jobs, or end them all. */
const passing: ReadonlySet<SessionMessage['type']> = new Set(['heartbeat-ack', 'state', 'about', 'goodbye']);

/** Messages of a session about jobs that wait for the answer of the store. */
interface Held {
  readonly client: string;
  readonly messages: SessionMessage[];
  isAsked: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** What the store knows about a listed job. */
type Found = Origin | 'settled';

/**
 * Asks the store about listed jobs that are not in the job table. From the first of them on, the session's messages
 * about jobs wait. When the list is complete, the store is asked about all of them at once.
 */
export class Listings {
  private readonly store: JobStore;
  private readonly bootId: string;
  private readonly jobTable: JobTable;
  private readonly deliver: (peer: string, message: SessionMessage, origin: Found | undefined) => void;
  private readonly violated: (peer: string, error: unknown) => void;
  private readonly health: Pick<StoreHealth, 'failed' | 'worked'>;
  private readonly held = new Map<string, Held>();

  constructor(options: {
    store: JobStore;
    bootId: string;
    jobTable: JobTable;
    /** Delivers a message to the session. @param origin of a listed job that is not in the job table. */
    deliver: (peer: string, message: SessionMessage, origin: Found | undefined) => void;
    violated: (peer: string, error: unknown) => void;
    health: Pick<StoreHealth, 'failed' | 'worked'>;
  }) {
    this.store = options.store;
    this.bootId = options.bootId;
    this.jobTable = options.jobTable;
    this.deliver = options.deliver;
    this.violated = options.violated;
    this.health = options.health;
  }

  /**
   * @returns whether the message has to wait.
   * @throws SignalboxError `busy` if too many messages wait.
   */
  holds(peer: string, client: string, message: SessionMessage): boolean {
    if (passing.has(message.type)) return false;
    const held = this.held.get(peer) ?? this.begin(peer, client, message);
    if (!held) return false;
    if (held.messages.length >= limits.maxDueMessages) {
      throw new SignalboxError('busy', `${held.messages.length} messages of this client wait for the store`);
    }
    held.messages.push(message);
    if (message.type === 'jobs-end' && !held.isAsked) {
      held.isAsked = true;
      void this.ask(peer, held, firstRetryMs);
    }
    return true;
  }

  /** Discards waiting messages: the client lists its jobs again in its next session. */
  ended(peer: string): void {
    clearTimeout(this.held.get(peer)?.timer);
    this.held.delete(peer);
  }

  close(): void {
    for (const peer of this.held.keys()) this.ended(peer);
  }

  private begin(peer: string, client: string, message: SessionMessage): Held | undefined {
    if (message.type !== 'job' || this.jobTable.find(message.id, client)) return undefined;
    const held: Held = { client, messages: [], isAsked: false, timer: undefined };
    this.held.set(peer, held);
    return held;
  }

  private async ask(peer: string, held: Held, retryMs: number): Promise<void> {
    const ids = held.messages.flatMap((message) => (this.isUnknown(held, message) ? [this.fullId(message)] : []));
    const answer = await this.read(held.client, ids).catch((error) => SignalboxError.from(error, 'unavailable'));
    if (this.held.get(peer) !== held) return;
    const failure = answer instanceof SignalboxError ? answer : this.failureOf(held.client, answer.stored);
    if (answer instanceof SignalboxError || failure) {
      // A pending outcome would have been committed long before.
      if (failure && (failure === answer || retryMs === lastRetryMs)) this.health.failed('find', failure);
      const next = Math.min(lastRetryMs, retryMs * 2);
      held.timer = setTimeout(() => void this.ask(peer, held, next), retryMs);
      return;
    }
    this.health.worked('find');
    const isSettled = this.takeUp(answer.stored);
    try {
      for (const message of held.messages) {
        if (this.held.get(peer) !== held) return;
        this.deliver(peer, message, this.originOf(held, message, { isSettled, epochs: answer.epochs }));
      }
      this.held.delete(peer);
    } catch (error) {
      this.ended(peer);
      this.violated(peer, error);
    }
  }

  private async read(
    client: string,
    ids: readonly string[],
  ): Promise<{ stored: readonly StoredJob[]; epochs: ReadonlySet<string> }> {
    const [stored, epochs] = await Promise.all([
      this.store.find(ids.map((id) => ({ id, client }))),
      this.store.knownEpochs([...new Set(ids.map(epochOf))]),
    ]);
    return { stored, epochs };
  }

  /** All unsettled jobs are in the table, so a missing one has an outcome that is not committed yet. */
  private failureOf(client: string, stored: readonly StoredJob[]): SignalboxError | undefined {
    const missing = stored.find((job) => !job.settlement && !this.jobTable.find(job.submission.id, client));
    if (!missing) return undefined;
    const text = `the store has an unsettled job ${missing.submission.id} of ${client} that it did not load into this server`;
    return new SignalboxError('bad_store', text);
  }

  /** Restores jobs that may still get an outcome. @returns the ids of all others. */
  private takeUp(stored: readonly StoredJob[]): ReadonlySet<string> {
    const isLost = ({ settlement }: StoredJob) => settlement?.outcome === 'lost';
    for (const former of formerOf(stored.filter(isLost))) this.jobTable.restore(former, monotonicMs());
    return new Set(stored.flatMap((job) => (isLost(job) ? [] : [job.sentAs ?? job.submission.id])));
  }

  private originOf(
    held: Held,
    message: SessionMessage,
    { isSettled, epochs }: { isSettled: ReadonlySet<string>; epochs: ReadonlySet<string> },
  ): Found | undefined {
    if (!this.isUnknown(held, message)) return undefined;
    const id = this.fullId(message);
    if (isSettled.has(id)) return 'settled';
    return epochs.has(epochOf(id)) ? 'own' : 'other';
  }

  private isUnknown({ client }: Held, message: SessionMessage): message is Listed {
    return message.type === 'job' && !this.jobTable.find(message.id, client);
  }

  private fullId({ id }: Listed): string {
    return typeof id === 'string' ? id : `${this.bootId}.${id}`;
  }
}

const epochOf = (id: string): string => id.slice(0, id.indexOf('.'));
