import type { SubcommandLog } from '../../../index.ts';
import type { Stored } from './store/result-store.ts';
import type { WriterEvents } from './writer-events.ts';

/** Forwards the events of a writer to its metrics, if enabled, and logs the important ones. */
export class WriterNews implements WriterEvents {
  metrics: WriterEvents | undefined;
  private readonly log: SubcommandLog | undefined;
  private rows = 0;
  private poison = 0;
  private behind: number | undefined;
  private readonly reasons: { store?: string | undefined; broker?: string | undefined } = {};

  constructor(log: SubcommandLog | undefined) {
    this.log = log;
  }

  /** The state, as a part of the health line. */
  get text(): string {
    const { store, broker } = this.reasons;
    const failing = [store && `, database failing: ${store}`, broker && `, broker failing: ${broker}`];
    const facts = `rows: ${this.rows}, poison: ${this.poison}, lag: ${this.behind ?? 'unknown'}`;
    return `${facts}${failing.filter((one) => one !== undefined).join('')}`;
  }

  stored(batch: Stored, ms: number): void {
    const { rows, poison } = batch;
    this.rows += rows;
    this.poison += poison.length;
    const [first] = poison;
    if (first) {
      const { topic, partition, offset } = first.received;
      const at = `${topic}/${partition}/${offset}`;
      this.log?.warn({ messages: poison.length, first: at, reason: first.reason }, 'messages kept as poison');
    }
    this.metrics?.stored(batch, ms);
  }

  storeFailing(error: Error | undefined): void {
    this.note('store', error, 'database');
    this.metrics?.storeFailing(error);
  }

  brokerFailing(error: Error | undefined): void {
    this.note('broker', error, 'broker');
    this.metrics?.brokerFailing(error);
  }

  lag(messages: number): void {
    this.behind = messages;
    this.metrics?.lag(messages);
  }

  dropped(tables: readonly string[]): void {
    if (tables.length > 0) this.log?.info({ tables }, 'days dropped');
    this.metrics?.dropped(tables);
  }

  /** Logs a failure whenever its reason changes. */
  private note(of: 'store' | 'broker', error: Error | undefined, name: string): void {
    if (error?.message === this.reasons[of]) return;
    this.reasons[of] = error?.message;
    if (error) this.log?.error({ reason: error.message }, `${name} failing`);
    else this.log?.info({}, `${name} works again`);
  }
}
