import { setTimeout as sleep } from 'node:timers/promises';
import type { Event, JobService, OwnPlace } from '../../../index.ts';
import { type CheckReport, reportSchema } from '../contracts/result.ts';
import { isTold } from './find-told.ts';
import { KafkaFaults } from './kafka-faults.ts';
import { type KnownCheck, keyOf, knownCheckSchema } from './known-check.ts';
import { all, put, remove } from './put.ts';
import { addResult, type Bucket, noSeries, type Series } from './series.ts';
import { SeriesStore } from './series-store.ts';
import { tellChange } from './tell-change.ts';

type Records = Extract<Event, { readonly type: 'job.records' }>;

/** How often the newest results and their counts are written; a change of a state is written at once. */
const saveMs = 60_000;
const againMs = 5_000;
/** A check without results for this time is forgotten. */
const keptMs = 30 * 86_400_000;

interface Held {
  known: KnownCheck;
  series: Series;
  /** The series as stored. */
  saved: Series;
  isDirty: boolean;
}

/**
 * State and statistics of all checks, by name and client, whoever sent them. Reads the store first, then handles
 * one event at a time.
 */
export class CheckStates implements Disposable {
  private readonly held = new Map<string, Held>();
  private readonly started = Promise.withResolvers<{ readonly own: OwnPlace; readonly store: SeriesStore }>();
  private turn: Promise<unknown> = this.started.promise;
  private readonly kafkaFaults = new KafkaFaults();
  private timer: NodeJS.Timeout | undefined;
  private lastSeq = 0;
  private readonly ended = new AbortController();

  /** Reads the store, and emits changes that an earlier server has not emitted. Retries on failure; events wait meanwhile. */
  async start(service: JobService, own: OwnPlace): Promise<void> {
    const { signal } = this.ended;
    while (!signal.aborted) {
      try {
        return await this.open(service, own);
      } catch {
        await sleep(againMs, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }

  private async open(service: JobService, own: OwnPlace): Promise<void> {
    const store = new SeriesStore(own.collection<Bucket>('series'));
    const series = await store.load(Date.now());
    for await (const { key, value, version } of all(own.collection<unknown>('states'))) {
      const known = knownCheckSchema.safeParse(value).data;
      if (!known || known.last.atMs < Date.now() - keptMs) {
        await own.collection('states').compareAndDelete(key, version);
        continue;
      }
      const saved = series.get(key) ?? noSeries;
      this.held.set(key, { known, series: saved, saved, isDirty: false });
      if (known.kafka) this.kafkaFaults.recall(known.client, known.kafka);
    }
    for (const [key, held] of this.held) {
      const { untold, ...known } = held.known;
      if (!untold) continue;
      const change = { known, from: untold.from };
      await tellChange(own, change, (event) => isTold(service, held.known, event));
      await this.write(own, key, { ...held, known });
    }
    this.timer = setInterval(() => {
      this.turn = this.turn.then(() => this.save());
    }, saveMs);
    this.timer.unref();
    this.started.resolve({ own, store });
  }

  /** Rejects if the store cannot be written; the next result of the check tries again. */
  on(event: Event): Promise<void> | undefined {
    if ('seq' in event && event.seq !== undefined) this.lastSeq = event.seq;
    if (event.type !== 'job.records' || event.command !== 'check') return undefined;
    const taken = this.turn.then(() => this.takeAll(event));
    this.turn = taken.catch(() => {});
    // On shutdown the store may be closed first.
    return taken.catch((error: unknown) => {
      if (!this.ended.signal.aborted) throw error;
    });
  }

  async list(): Promise<readonly Pick<Held, 'known' | 'series'>[]> {
    await this.started.promise;
    return [...this.held.values()];
  }

  /** Removes a check on a client; a later result creates it again. Rejects if the store cannot be written. */
  forget(check: string, client: string): Promise<void> {
    const done = this.turn.then(() => this.remove(keyOf(check, client)));
    this.turn = done.catch(() => {});
    return done;
  }

  [Symbol.dispose](): void {
    this.ended.abort();
    clearInterval(this.timer);
  }

  private async takeAll(event: Records): Promise<void> {
    for (const { offset, value } of event.records) {
      const record = reportSchema.safeParse(value).data;
      if (record) await this.take(record, offset, event);
    }
  }

  private async take(record: CheckReport, offset: number, { client, id, number, vouched }: Records): Promise<void> {
    // Records without a client are not results.
    if (client === null) return;
    const { own } = await this.started.promise;
    const key = keyOf(record.check, client);
    const before = this.held.get(key);
    // After a reconnect, a job may repeat records. Offsets detect that; times cannot, because the clock of a client may be set back.
    if (before?.known.job.id === id && offset <= (before.known.job.offset ?? -1)) return;
    if (record.kafka) this.kafkaFaults.tell(own, client, record.kafka);
    // With Kafka, the server gets only some results, so counts would be wrong.
    const isCounted = record.errorKind !== 'client_fault' && !record.kafka;
    const { series = noSeries, saved = noSeries } = before ?? {};
    const state = record.state ?? before?.known.state ?? null;
    const from = before?.known.state ?? null;
    const isChange = state !== from;
    const known: KnownCheck = {
      check: record.check,
      client,
      state,
      sinceMs: isChange || !before ? record.atMs : before.known.sinceMs,
      job: { id, number, offset, ...(vouched && { vouched }) },
      last: lastOf(record),
      ...(record.skipped !== undefined && { skipped: record.skipped }),
      ...(record.kafka && { kafka: record.kafka }),
      ...(isChange && { untold: { from, afterSeq: this.lastSeq } }),
    };
    const held: Held = { known, series: isCounted ? addResult(series, record) : series, saved, isDirty: true };
    if (!isChange && before) {
      this.held.set(key, held);
      return;
    }
    await this.write(own, key, held);
    await tellChange(own, { known, from });
    const { untold: _, ...told } = known;
    this.held.set(key, { ...held, known: told });
  }

  private async remove(key: string): Promise<void> {
    const held = this.held.get(key);
    if (!held) return;
    const { own, store } = await this.started.promise;
    await store.save(key, noSeries, held.saved);
    this.held.set(key, { ...held, saved: noSeries });
    await remove(own.collection('states'), key);
    this.held.delete(key);
  }

  private async write(own: OwnPlace, key: string, held: Held): Promise<void> {
    await put(own.collection<KnownCheck>('states'), key, held.known);
    this.held.set(key, held);
  }

  /** Writes unsaved changes. After a failure, the next call writes the rest. */
  private async save(): Promise<void> {
    const { own, store } = await this.started.promise;
    for (const [key, held] of this.held) {
      if (!held.isDirty) continue;
      try {
        await put(own.collection<KnownCheck>('states'), key, held.known);
        await store.save(key, held.series, held.saved);
        this.held.set(key, { ...held, saved: held.series, isDirty: false });
      } catch {
        return;
      }
    }
  }
}

function lastOf(record: CheckReport): KnownCheck['last'] {
  const { plannedAtMs, atMs, ok, errorKind, error, status, totalMs, certificateDaysLeft, url } = record;
  return { plannedAtMs, atMs, ok, errorKind, error, status, totalMs, certificateDaysLeft, url };
}
