import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { outcomes } from '../../../schemas/index.ts';
import type { ClientView } from '../../plugin/client-view.ts';
import type { Server } from '../../plugin/job-service.ts';
import type { Event, Observer, SeenState } from '../../plugin/observer.ts';
import { version } from '../../version.ts';

const states: readonly SeenState[] = ['unready', 'ready', 'terminating', 'unresponsive', 'offline'];

/** The median, the slow ones and the slowest of thousands of clients. */
const quantiles = [0.5, 0.9, 0.99, 1];

/** From a ping to a job that takes a night. */
const durationBuckets = [0.01, 0.1, 1, 10, 60, 600, 3_600, 21_600, 86_400];

/** The parts of the server that each scrape reads. */
type MeasuredServer = Pick<Server, 'commands' | 'clients' | 'unsettled'>;

/**
 * Metrics for Prometheus. Gauges are read from the server at each scrape; events are counted as they happen. Client
 * names are never labels: each client would add a series to each metric. Label values come from closed lists, and
 * commands without a contract here are `other`.
 */
export class ServerMetrics implements Observer {
  readonly name = 'metrics';
  private readonly registry = new Registry();
  private server: MeasuredServer | undefined;
  private reading: Promise<string> | undefined;

  private readonly clients = this.gauge('clients', 'Known clients, by state as the server sees it.', 'state');
  private readonly missing = this.gauge('clients_missing', 'Expected clients that are not connected.');
  private readonly roundTrip = this.gauge(
    'client_round_trip_seconds',
    'Round-trip time of the last heartbeat, over the connected clients; quantile 1 is the slowest.',
    'quantile',
  );
  private readonly silence = this.gauge(
    'client_silence_seconds',
    'Time since the last message, over the connected clients; each sends a message every second.',
    'quantile',
  );
  private readonly lag = this.gauge(
    'client_event_loop_lag_seconds',
    'Maximum event-loop lag of clients since their previous heartbeat answer, over the connected clients.',
    'quantile',
  );
  private readonly unsettled = this.gauge(
    'jobs_unsettled',
    'Jobs without an outcome: waiting at the server, sent and unanswered, accepted and running, or unreachable.',
    'command',
    'state',
  );
  private readonly settled = this.counter('jobs_settled_total', 'Jobs that have ended.', 'command', 'outcome');
  private readonly late = this.counter(
    'jobs_late_total',
    'Outcomes that arrived after their job was settled as lost.',
    'command',
    'outcome',
  );
  private readonly durations = new Histogram({
    name: 'signalbox_job_duration_seconds',
    help: 'Duration at the client of data commands that completed, failed or were cancelled.',
    labelNames: ['command', 'outcome'] as const,
    buckets: durationBuckets,
    registers: [this.registry],
  });
  private readonly output = this.counter('job_output_bytes_total', 'Output received from jobs.', 'command', 'stream');
  private readonly lostOutput = this.counter(
    'job_output_lost_bytes_total',
    'Output of jobs that the client dropped at a limit.',
    'command',
    'stream',
  );
  private readonly runs = this.counter('workflow_runs_total', 'Runs of workflows that have ended.', 'outcome');
  private readonly sessions = this.counter('sessions_total', 'Sessions that clients have started.');
  private readonly refusals = this.counter(
    'refusals_total',
    'Refused clients: at the handshake for their key, at hello for their name, token or version.',
    'stage',
    'code',
  );
  private readonly violations = this.counter(
    'protocol_violations_total',
    'Connections dropped for protocol or limit violations.',
    'code',
  );

  private readonly storeFailing = this.gauge(
    'store_failing',
    'Whether the store fails: 1 while it cannot store jobs (commit), look up jobs that clients list (find), or delete old jobs (prune).',
    'operation',
  );

  constructor() {
    for (const operation of ['commit', 'find', 'prune']) this.storeFailing.set({ operation }, 0);
    this.gauge('build_info', 'Always 1; the label is the running version.', 'version').set({ version }, 1);
    collectDefaultMetrics({ register: this.registry });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Every metric by name, with type, help and labels. */
  get table() {
    return this.registry.getMetricsAsArray();
  }

  on(event: Event): void {
    switch (event.type) {
      case 'client.joined':
        this.sessions.inc();
        break;
      case 'client.handshake':
        if (!event.allowed) this.refusals.inc({ stage: 'handshake', code: 'not_allowed' });
        break;
      case 'client.refused':
        // Without a name it was refused at the handshake.
        if (event.client !== undefined) this.refusals.inc({ stage: 'hello', code: event.error.code });
        break;
      case 'client.violation':
        this.violations.inc({ code: event.code });
        break;
      case 'workflow.ended':
        this.runs.inc({ outcome: event.outcome });
        break;
      case 'store':
        this.storeFailing.set({ operation: event.operation }, event.error ? 1 : 0);
        break;
      case 'job.output':
        this.outputCame(event);
        break;
      case 'job.settled':
        this.ended(event);
        break;
      case 'job.late':
        this.late.inc({ command: this.commandOf(event.command), outcome: event.outcome });
        break;
      default:
    }
  }

  /** Sets the server that scrapes read. */
  measure(server: MeasuredServer): void {
    this.server = server;
    // Series start at 0: a series that begins with its first loss would show no increase.
    for (const command of [...server.commands.keys(), 'other']) {
      for (const outcome of outcomes) this.settled.inc({ command, outcome }, 0);
    }
  }

  /** The text of a scrape. Concurrent scrapes share it. */
  read(): Promise<string> {
    this.reading ??= this.text().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async text(): Promise<string> {
    if (this.server) await this.look(this.server);
    return await this.registry.metrics();
  }

  private async look(server: MeasuredServer): Promise<void> {
    const clients = await server.clients();
    const byState = Map.groupBy(clients, ({ state }) => state);
    this.missing.set(clients.filter(({ state, expected }) => expected && state === 'offline').length);
    for (const state of states) this.clients.set({ state }, byState.get(state)?.length ?? 0);
    const connected = clients.filter(({ state }) => state !== 'offline');
    spread(this.roundTrip, connected, ({ roundTripMs }) => roundTripMs);
    spread(this.silence, connected, ({ silentMs }) => silentMs);
    spread(this.lag, connected, ({ lagMs }) => lagMs);
    this.unsettled.reset();
    for (const { command, state, count } of server.unsettled()) {
      this.unsettled.inc({ command: this.commandOf(command), state }, count);
    }
  }

  private outputCame({ command, stream, data, lostBytes }: Extract<Event, { type: 'job.output' }>): void {
    const labels = { command: this.commandOf(command), stream };
    this.output.inc(labels, data.length);
    if (lostBytes !== undefined) this.lostOutput.inc(labels, lostBytes);
  }

  private ended({ command, outcome, durationMs }: Extract<Event, { type: 'job.settled' }>): void {
    const labels = { command: this.commandOf(command), outcome };
    this.settled.inc(labels);
    const isControl = this.server?.commands.get(command)?.kind === 'control';
    // Jobs that never started take 0 ms: expired, or cancelled while waiting.
    const started = outcome === 'completed' || outcome === 'failed' || (outcome === 'cancelled' && durationMs !== 0);
    if (started && durationMs !== undefined && !isControl) this.durations.observe(labels, durationMs / 1_000);
  }

  /** A job of another server can have any command. */
  private commandOf(command: string): string {
    return this.server?.commands.has(command) ? command : 'other';
  }

  private gauge<Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> {
    return new Gauge({ name: `signalbox_${name}`, help, labelNames, registers: [this.registry] });
  }

  private counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `signalbox_${name}`, help, labelNames, registers: [this.registry] });
  }
}

/** Sets the quantiles of a value in ms over the clients, by nearest rank. Sets nothing without clients. */
function spread(
  gauge: Gauge<'quantile'>,
  clients: readonly ClientView[],
  measured: (client: ClientView) => number | undefined,
): void {
  const sorted = Float64Array.from(clients.flatMap((client) => measured(client) ?? [])).sort();
  gauge.reset();
  for (const quantile of quantiles) {
    const value = sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)];
    if (value !== undefined) gauge.set({ quantile }, value / 1_000);
  }
}
