import { createHash } from 'node:crypto';
import { SignalboxError } from '../../schemas/index.ts';
import type { Collection, Entry, Indexed } from '../store/collection.ts';
import { type Head, headSchema, noRecord, type TaskRecord, taskRecordSchema } from './run-record.ts';

/** Returns a collection of the store by name. */
export type Collections = <Value>(name: string) => Collection<Value>;

/** A stored value, and the version that a write replaces. */
export interface Versioned<Value> {
  readonly value: Value;
  /** 0 if nothing is stored yet. */
  readonly version: number;
}

const page = 1_000;
const lastNumber = 9_999_999_999;
const maxKeyBytes = 180;

/** Runs in the store of a server. Keys descend, so that the newest run is the first. */
export class RunStore {
  private readonly heads: Collection<Head>;
  private readonly tasks: Collection<TaskRecord>;
  private readonly keepMs: number | undefined;
  /** The last assigned number, once it is known. */
  private newest: Promise<number> | undefined;

  /** @param options.keepMs time from the end of a run until it is deleted, in ms. Undefined: never. */
  constructor(collections: Collections, { keepMs }: { keepMs?: number | undefined }) {
    this.heads = collections('workflow-runs');
    this.tasks = collections('workflow-tasks');
    this.keepMs = keepMs;
  }

  /** Stores a run under the next number. */
  async create(head: Omit<Head, 'run'>): Promise<Versioned<Head>> {
    for (;;) {
      const value = { ...head, run: await this.nextNumber() };
      const entry = await this.heads.putIfAbsent(keyOf(value.run), value, this.indexOf(value));
      if (entry) return { value, version: entry.version };
      // Another process writes to this store.
      this.newest = undefined;
    }
  }

  private async nextNumber(): Promise<number> {
    const before = this.newest ?? this.heads.list(1).then(([entry]) => entry?.value.run ?? 0);
    const next = before.then((number) => number + 1);
    this.newest = next;
    try {
      return await next;
    } catch (error) {
      this.newest = undefined;
      throw error;
    }
  }

  /** @throws SignalboxError `no_such_job` */
  async head(run: number): Promise<Versioned<Head>> {
    const entry = await this.heads.get(keyOf(run));
    if (!entry) throw new SignalboxError('no_such_job', `there is no run ${run}; to list runs, use: workflow list`);
    return read(headSchema, entry);
  }

  async hasUnfinished(): Promise<boolean> {
    return (await this.heads.byIndex('state', 'running', 1)).length > 0;
  }

  async unfinished(): Promise<Versioned<Head>[]> {
    const entries = await all((after) => this.heads.byIndex('state', 'running', page, after));
    return entries.map((entry) => read(headSchema, entry)).reverse();
  }

  /** The run that a schedule has started for a planned time. */
  async planned(schedule: string, plannedAtMs: number): Promise<number | undefined> {
    const [entry] = await this.heads.byIndex('planned', plannedKey(schedule, plannedAtMs), 1);
    return entry?.value.run;
  }

  /** From newest to oldest, starting after `before`. */
  async list(limit: number, before: number | undefined): Promise<Head[]> {
    const entries = await this.heads.list(limit, before === undefined ? undefined : keyOf(before));
    return entries.map((entry) => read(headSchema, entry).value);
  }

  async tasksOf(run: number): Promise<Map<string, Versioned<TaskRecord>>> {
    return new Map((await this.entriesOf(run)).map((entry) => [entry.key, read(taskRecordSchema, entry)]));
  }

  /** @throws SignalboxError `store_in_use` if another process has changed it. */
  async writeHead({ version }: Versioned<Head>, value: Head): Promise<Versioned<Head>> {
    const entry = await this.heads.compareAndSet(keyOf(value.run), version, value, this.indexOf(value));
    return { value, version: versionOf(entry, value.run) };
  }

  /** @throws SignalboxError `store_in_use` if another process has changed it. */
  async writeTask(
    run: number,
    task: string,
    { version }: Versioned<TaskRecord>,
    value: TaskRecord,
  ): Promise<Versioned<TaskRecord>> {
    const key = taskKeyOf(run, task);
    const entry =
      version === 0 ? await this.tasks.putIfAbsent(key, value) : await this.tasks.compareAndSet(key, version, value);
    return { value, version: versionOf(entry, run) };
  }

  /** Deletes runs that ended longer ago than `keepMs`. */
  async prune(nowMs: number): Promise<void> {
    for (;;) {
      const due = await this.heads.claimDue(nowMs, nowMs + 60_000, 100);
      for (const { key, version, value } of due) {
        for (const entry of await this.entriesOf(value.run))
          await this.tasks.compareAndDelete(entry.key, entry.version);
        // Keep the newest run, so that no number is reused.
        const [newest] = await this.heads.list(1);
        if (newest?.key !== key) await this.heads.compareAndDelete(key, version);
      }
      if (due.length < 100) return;
    }
  }

  private async entriesOf(run: number): Promise<Entry<TaskRecord>[]> {
    const prefix = `${keyOf(run)}/`;
    return await all(async (after = prefix) => {
      const entries = await this.tasks.list(page, after);
      return entries.filter(({ key }) => key.startsWith(prefix));
    });
  }

  private indexOf({ end, workflow, schedule, plannedAtMs }: Head): Indexed {
    const isPlanned = schedule !== undefined && plannedAtMs !== undefined;
    const planned = isPlanned ? { planned: plannedKey(schedule, plannedAtMs) } : {};
    const index = { state: end ? 'ended' : 'running', workflow, ...planned };
    return end && this.keepMs !== undefined ? { index, dueAtMs: end.atMs + this.keepMs } : { index };
  }
}

/** Looks up the record of a task among those of its run. */
export const recordOf = (
  records: ReadonlyMap<string, Versioned<TaskRecord>>,
  run: number,
  task: string,
): Versioned<TaskRecord> => records.get(taskKeyOf(run, task)) ?? { value: noRecord, version: 0 };

/**
 * The idempotency key of an attempt. The same key gives the same jobs, so a crash between sending and recording is
 * harmless.
 */
export const attemptKey = (run: number, task: string, attempt: number): string =>
  `workflow/${run}/${shortened(task)}/${attempt}`;

export const taskKeyOf = (run: number, task: string): string => `${keyOf(run)}/${shortened(task)}`;

const plannedKey = (schedule: string, plannedAtMs: number): string => `${schedule}@${plannedAtMs}`;

const keyOf = (run: number): string => String(lastNumber - run).padStart(10, '0');

/** Keys of instances can be long because of the values of `for`. */
function shortened(task: string): string {
  if (Buffer.byteLength(task) <= maxKeyBytes) return task;
  const [name = ''] = task.split('[');
  return `${name}#${createHash('sha256').update(task).digest('hex')}`;
}

function read<Value>(schema: { parse(value: unknown): Value }, { value, version }: Entry<Value>): Versioned<Value> {
  return { value: schema.parse(value), version };
}

function versionOf(entry: Entry<unknown> | undefined, run: number): number {
  if (entry) return entry.version;
  throw new SignalboxError('store_in_use', `another server is running run ${run}`);
}

async function all<Value>(
  read: (after: string | undefined) => Promise<readonly Entry<Value>[]>,
): Promise<Entry<Value>[]> {
  const entries: Entry<Value>[] = [];
  for (let after: string | undefined; ; after = entries.at(-1)?.key) {
    const more = await read(after);
    entries.push(...more);
    if (more.length < page) return entries;
  }
}
