import type { Collection } from '../../../index.ts';
import { all, put, remove } from './put.ts';
import { type Bucket, bucketSchema, isOutside, noSeries, type Series, type WindowName, windowNames } from './series.ts';

/** The buckets of all checks. Each is an entry: only the newest change, so that little is written. */
export class SeriesStore {
  private readonly buckets: Collection<Bucket>;

  constructor(buckets: Collection<Bucket>) {
    this.buckets = buckets;
  }

  /** All series by the keys of their checks. Deletes buckets outside their windows. */
  async load(nowMs: number): Promise<Map<string, Series>> {
    const found = new Map<string, Series>();
    for await (const { key, value, version } of all(this.buckets)) {
      const [check = '', name = ''] = key.split('/');
      const window = windowNames.find((one) => one === name);
      const bucket = bucketSchema.safeParse(value).data;
      if (!window || !bucket || isOutside(bucket, window, nowMs)) await this.buckets.compareAndDelete(key, version);
      else {
        const series = found.get(check) ?? noSeries;
        found.set(check, { ...series, [window]: [...series[window], bucket] });
      }
    }
    return found;
  }

  /** Writes the changes since the last write of a series, and deletes buckets that left their windows. */
  async save(check: string, series: Series, before: Series): Promise<void> {
    for (const name of windowNames) {
      const old = new Set(before[name]);
      for (const bucket of series[name])
        if (!old.has(bucket)) await put(this.buckets, keyOf(check, name, bucket), bucket);
      const left = new Set(series[name].map(({ fromMs }) => fromMs));
      for (const bucket of before[name])
        if (!left.has(bucket.fromMs)) await remove(this.buckets, keyOf(check, name, bucket));
    }
  }
}

const keyOf = (check: string, name: WindowName, { fromMs }: Bucket): string => `${check}/${name}/${fromMs}`;
