import { Counter, Gauge, Registry } from 'prom-client';
import type { MetricsSource } from '../plugin/subcommand.ts';
import type { Delivery } from './message.ts';
import type { Notify } from './notify.ts';

const attemptWords = { delivered: 'delivered', waiting: 'failed', 'given-up': 'given_up' } as const;

/** Metrics of notifications. */
export function createNotifyMetrics(notify: Notify): {
  readonly source: MetricsSource;
  readonly onAttempt: (channel: string, state: Delivery['state']) => void;
} {
  const registry = new Registry();
  const of = (name: string, help: string) => ({ name: `signalbox_notify_${name}`, help, registers: [registry] });
  const attempts = new Counter({
    ...of('attempts_total', 'Attempts to deliver a message, by channel and how they ended.'),
    labelNames: ['channel', 'outcome'],
  });
  const gauge = (name: string, help: string, read: () => number) => {
    const one: Gauge = new Gauge({ ...of(name, help), collect: (): void => one.set(read()) });
  };
  const waiting = new Gauge({
    ...of('waiting_messages', 'Messages that were not delivered yet, by channel.'),
    labelNames: ['channel'],
    collect() {
      waiting.reset();
      for (const state of notify.running?.outbox.states ?? []) waiting.set({ channel: state.name }, state.waiting);
    },
  });
  gauge(
    'missed_events',
    'Events that were deleted from the log before rules read them.',
    () => notify.running?.missed ?? 0,
  );
  gauge('silenced_events', 'Events that a silence kept from being told.', () => notify.running?.ledger.silenced ?? 0);
  return {
    source: { contentType: registry.contentType, read: () => registry.metrics() },
    onAttempt: (channel, state) => attempts.inc({ channel, outcome: attemptWords[state] }),
  };
}
