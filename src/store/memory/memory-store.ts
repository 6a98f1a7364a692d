import { SignalboxError } from '../../../schemas/index.ts';
import { createBootId } from '../../boot-id.ts';
import type { Collection } from '../collection.ts';
import type { Batch, Holder, JobStore, Keep, LogPage, Page, StoreInfo, Taken } from '../job-store.ts';
import { formatCursor, parseCursor } from '../page-cursor.ts';
import type { StoredJob, StoredJobFilter, StoredJobKey } from '../stored-job.ts';
import type { KeptJob } from './kept-job.ts';
import { KeptJobs } from './kept-jobs.ts';
import { matches } from './matches.ts';
import { createMemoryCollection } from './memory-collection.ts';
import { RecentEvents } from './recent-events.ts';

/**
 * A store that ends with its process. It keeps all unsettled jobs, and settled ones within `limits.maxSettledJobs` and
 * `limits.maxSettledOutputBytes`. Each call is performed before it returns. Objects that are passed in are kept without
 * a copy.
 */
export function createMemoryStore(): JobStore {
  return new MemoryStore();
}

class MemoryStore implements JobStore {
  readonly id = createBootId();
  readonly isDurable = false;
  private readonly kept = new KeptJobs();
  private readonly log = new RecentEvents();
  private readonly epochs = new Set<string>();
  // biome-ignore lint/suspicious/noExplicitAny: each caller knows the type of its own collection.
  private readonly collections = new Map<string, Collection<any>>();
  private holder: Holder | undefined;
  private lastBatch = 0;
  private isClosed = false;

  async take(holder: Holder): Promise<Taken> {
    this.check();
    if (this.holder?.epoch !== holder.epoch) this.lastBatch = 0;
    this.holder = holder;
    this.epochs.add(holder.epoch);
    const unsettled = [...this.listed()].filter(({ settlement }) => !settlement).map((job) => job.view());
    return {
      nextNumber: this.kept.nextNumber,
      nextSeq: this.log.next,
      unsettled: unsettled.reverse(),
      clients: [...this.kept.clients.values()],
    };
  }

  async commit({ number, changes, events = [] }: Batch): Promise<void> {
    this.check();
    if (!this.holder) throw new SignalboxError('store_in_use', 'this server does not hold the store; take it first');
    if (number <= this.lastBatch) return;
    if (number > this.lastBatch + 1) {
      throw new SignalboxError('unavailable', `batch ${number} precedes batch ${this.lastBatch + 1}`);
    }
    for (const change of changes) this.kept.apply(change);
    for (const event of events) this.log.add(event);
    this.lastBatch = number;
  }

  async knownEpochs(epochs: readonly string[]): Promise<ReadonlySet<string>> {
    this.check();
    return new Set(epochs.filter((epoch) => this.epochs.has(epoch)));
  }

  async find(jobs: readonly StoredJobKey[]): Promise<readonly StoredJob[]> {
    this.check();
    return jobs.flatMap((job) => this.kept.find(job)?.view() ?? []);
  }

  async list(filter: StoredJobFilter, limit: number, from?: string): Promise<Page> {
    this.check();
    const jobs: StoredJob[] = [];
    for (const job of this.listed(from)) {
      const view = job.view();
      if (!matches(view, filter)) continue;
      const last = jobs.at(-1);
      if (last && jobs.length === limit)
        return { jobs, next: formatCursor({ number: last.submission.number, client: last.client }) };
      jobs.push(view);
    }
    return { jobs, next: undefined };
  }

  async findByKey(actor: string, key: string): Promise<readonly StoredJob[]> {
    this.check();
    const isAsked = ({ submission }: StoredJob) => submission.actor === actor && submission.key?.key === key;
    return [...this.listed()].map((job) => job.view()).filter(isAsked);
  }

  async output(job: StoredJobKey): ReturnType<JobStore['output']> {
    this.check();
    return this.kept.find(job)?.output ?? [];
  }

  async events(from: number, limit: number): Promise<LogPage> {
    this.check();
    return this.log.events(from, limit);
  }

  async prune(keep: Keep): Promise<number> {
    this.check();
    return this.kept.prune(keep) + this.log.dropBefore(keep.settledBeforeMs);
  }

  collection<Value>(name: string): Collection<Value> {
    const collection = this.collections.get(name) ?? createMemoryCollection<Value>();
    this.collections.set(name, collection);
    return collection;
  }

  async info(): Promise<StoreInfo> {
    this.check();
    const jobs = [...this.listed()];
    return {
      id: this.id,
      address: 'memory',
      schemaVersion: 1,
      bytes: this.kept.outputBytes,
      jobs: jobs.length,
      unsettled: jobs.filter(({ settlement }) => !settlement).length,
      epochs: this.epochs.size,
      holder: this.holder,
      closed: undefined,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true;
  }

  /** In the order of `list`. */
  private *listed(from?: string): Generator<KeptJob> {
    const start = from === undefined ? undefined : parseCursor(from);
    for (const [number, { jobs }] of [...this.kept.submissions].sort(([one], [other]) => other - one)) {
      if (start && number > start.number) continue;
      for (const [client, job] of [...jobs].sort(([one], [other]) => (one < other ? 1 : -1))) {
        const isBehind = !start || number < start.number || client < start.client;
        if (isBehind && !job.isTombstone) yield job;
      }
    }
  }

  private check(): void {
    if (this.isClosed) throw new SignalboxError('closed', 'the store is closed');
  }
}
