import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricsSource } from '../../../index.ts';

/** The metrics of presence, with a common prefix. */
export class PresenceRegistry {
  private readonly registry = new Registry();

  /** Adds metrics of the process. */
  withProcess(): this {
    collectDefaultMetrics({ register: this.registry });
    return this;
  }

  /** The source for scrapes. */
  get source(): MetricsSource {
    return { contentType: this.registry.contentType, read: () => this.registry.metrics() };
  }

  /** Every metric by name, with type, help and labels. */
  get table() {
    return this.registry.getMetricsAsArray();
  }

  gauge(name: string, help: string, read?: () => number | Promise<number>): Gauge {
    const collect = read && { collect: async (): Promise<void> => gauge.set(await read()) };
    const gauge = new Gauge({ ...this.of(name, help), ...collect });
    return gauge;
  }

  counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ ...this.of(name, help), labelNames });
  }

  histogram(name: string, help: string, buckets: readonly number[]): Histogram {
    return new Histogram({ ...this.of(name, help), buckets: [...buckets] });
  }

  private of(name: string, help: string) {
    return { name: `signalbox_presence_${name}`, help, registers: [this.registry] };
  }
}
