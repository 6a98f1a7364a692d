import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricsSource } from '../../../../index.ts';
import type { WriterEvents } from '../writer-events.ts';

const batchBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of a writer, and their source for scrapes. */
export function createWriterMetrics({ withProcess = false } = {}): {
  readonly events: WriterEvents;
  readonly source: MetricsSource;
  readonly registry: Registry;
} {
  const registry = new Registry();
  if (withProcess) collectDefaultMetrics({ register: registry });
  const of = (name: string, help: string) => ({ name: `signalbox_check_writer_${name}`, help, registers: [registry] });
  const rows = new Counter(of('rows_total', 'Results stored.'));
  const duplicates = new Counter(of('duplicates_total', 'Results that were stored already.'));
  const poison = new Counter(of('poison_total', 'Messages that are not results or cannot be stored.'));
  const batches = new Histogram({
    ...of('batch_seconds', 'Time to store a batch.'),
    buckets: batchBuckets,
  });
  const lag = new Gauge(of('lag', 'Messages in the partitions of this writer that are not stored yet.'));
  const storeFailing = new Gauge(of('store_failing', '1 while the database cannot be written.'));
  const brokerFailing = new Gauge(of('broker_failing', '1 while the broker cannot be read.'));
  const dropped = new Counter(of('dropped_days_total', 'Day tables dropped.'));
  return {
    registry,
    source: { contentType: registry.contentType, read: () => registry.metrics() },
    events: {
      stored(batch, ms) {
        rows.inc(batch.rows);
        duplicates.inc(batch.duplicates);
        poison.inc(batch.poison.length);
        batches.observe(ms / 1_000);
      },
      storeFailing: (error) => storeFailing.set(error ? 1 : 0),
      brokerFailing: (error) => brokerFailing.set(error ? 1 : 0),
      lag: (messages) => lag.set(messages),
      dropped: (tables) => dropped.inc(tables.length),
    },
  };
}
