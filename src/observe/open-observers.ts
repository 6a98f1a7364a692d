import type { Logger } from 'pino';
import type { Host } from '../host/host.ts';
import type { Control, Interceptor } from '../plugin/interceptor.ts';
import type { Server } from '../plugin/job-service.ts';
import type { Observer } from '../plugin/observer.ts';
import type { Tracer } from '../plugin/tracer.ts';
import { openAuditFile } from './audit/audit-file.ts';
import { BoundedAudit } from './audit/bounded-audit.ts';
import type { MetricsAddress } from './metrics/address.ts';
import type { Source } from './metrics/endpoint.ts';
import type { TracesOptions } from './traces/open-traces.ts';

/** The observers of a server, in the form that `createServer` takes. */
interface OpenObservers extends AsyncDisposable {
  readonly observers: readonly Observer[];
  readonly interceptors: readonly Interceptor[];
  /** Called with each cancel and signal; undefined without an audit. */
  readonly onControl: ((call: Control) => void) | undefined;
  /** Adds a source of metrics; undefined without metrics. */
  readonly addMetrics: ((source: Source) => void) | undefined;
  /** For spans of plug-ins; undefined without traces. */
  readonly tracer: Tracer | undefined;
  /** Must be called in the turn in which the server was created. */
  onStart(server: Server): void;
}

/**
 * Opens the audit file, log, metrics and traces that the options request. Nothing else is loaded.
 * @throws SignalboxError `bad_usage` if the audit file cannot be opened, `cannot_bind` if metrics cannot be served.
 */
export async function openObservers(
  options: TracesOptions & { readonly audit?: string; readonly metrics?: MetricsAddress },
  host: Host,
  logger: Logger | undefined,
): Promise<OpenObservers> {
  await using opening = new AsyncDisposableStack();
  const observers: Observer[] = [];
  const interceptors: Interceptor[] = [];
  const starts: ((server: Server) => void)[] = [];
  let onControl: OpenObservers['onControl'];
  let addMetrics: OpenObservers['addMetrics'];
  let tracer: Tracer | undefined;
  // If the log is standard error, it already contains the line.
  const say = (line: string) => void (options.log !== '-' && host.stderr.write(`${line}\n`));
  if (options.audit !== undefined) {
    const onFailure = ({ message: reason }: Error) => {
      logger?.error({ reason }, 'audit not written');
      say(`the audit log cannot be written: ${reason}; trying again`);
    };
    const file = opening.use(await openAuditFile(options.audit, { onFailure, endBound: host.endBound }));
    opening.use(host.hangups.listen(() => void file.reopen()));
    const audit = opening.use(new BoundedAudit(file.write));
    observers.push(audit);
    onControl = (call) => audit.controlled(call);
  }
  if (logger) {
    const { ServerLog } = await import('./log/server-log.ts');
    const log = opening.use(new ServerLog(logger));
    observers.push(log);
    starts.push((server) => log.listening(server));
  }
  if (options.metrics) {
    const [{ ServerMetrics }, { serveMetrics }] = await Promise.all([
      import('./metrics/server-metrics.ts'),
      import('./metrics/endpoint.ts'),
    ]);
    const metrics = new ServerMetrics();
    const sources: Source[] = [metrics];
    addMetrics = (source) => void sources.push(source);
    const read = async () => (await Promise.all(sources.map((source) => source.read()))).join('\n');
    const { url } = opening.use(await serveMetrics(options.metrics, { contentType: metrics.contentType, read }));
    observers.push(metrics);
    starts.push((server) => metrics.measure(server));
    logger?.info({ url }, 'serving metrics');
    say(`metrics: ${url}`);
  }
  if (options.traces !== undefined) {
    const { ServerTraces } = await import('./traces/server-traces.ts');
    const traces = opening.use(new ServerTraces(options.traces, { options, host, logger }));
    observers.push(traces);
    interceptors.push(traces.intercept);
    tracer = traces.tracer;
  }
  const opened = opening.move();
  return {
    observers,
    interceptors,
    onControl,
    addMetrics,
    tracer,
    onStart: (server) => {
      for (const start of starts) start(server);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
