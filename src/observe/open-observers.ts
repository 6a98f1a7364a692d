import type { Logger } from 'pino';
import type { Host } from '../host/host.ts';
import type { Server } from '../plugin/job-service.ts';
import type { ServerOptions } from '../plugin/server-options.ts';
import type { Audit } from '../server/audit.ts';
import { openAuditFile } from './audit/audit-file.ts';
import { BoundedAudit, type WrittenRecord } from './audit/bounded-audit.ts';
import type { MetricsAddress } from './metrics/address.ts';
import type { TracesOptions } from './traces/open-traces.ts';

/** Who looks on at a server. */
export interface Onlookers extends AsyncDisposable {
  /** Undefined where nobody asked for one: then nothing is made for it. */
  readonly audit: Audit | undefined;
  /** The same. */
  readonly trace: ServerOptions['trace'];
  /** To be called in the turn in which there is a server. */
  watch(server: Server): void;
}

/**
 * The audit file, the metrics, the traces and the log, each where it is asked for; nothing is loaded for what is not.
 * @throws SignalboxError `bad_usage` where the audit file cannot be opened, `cannot_bind` where metrics cannot be served.
 */
export async function openOnlookers(
  options: TracesOptions & { readonly audit?: string; readonly metrics?: MetricsAddress },
  host: Host,
  logger: Logger | undefined,
): Promise<Onlookers> {
  await using opening = new AsyncDisposableStack();
  const audits: Audit[] = [];
  const writers: ((record: WrittenRecord) => void)[] = [];
  const watchers: ((server: Server) => void)[] = [];
  if (options.audit !== undefined) {
    const onFailure = (error: Error) =>
      void host.stderr.write(`the audit log cannot be written: ${error.message}; trying on\n`);
    const file = opening.use(await openAuditFile(options.audit, { onFailure, endBound: host.endBound }));
    opening.use(host.hangups.listen(() => void file.reopen()));
    writers.push(file.write);
  }
  if (logger) {
    const { ServerLog } = await import('./log/server-log.ts');
    const log = opening.use(new ServerLog(logger));
    writers.push(log.audit);
    watchers.push((server) => log.watch(server));
  }
  if (writers.length > 0) {
    const bounded = opening.use(new BoundedAudit((record) => writers.forEach((write) => void write(record))));
    audits.push(bounded.audit);
  }
  // They count all.
  if (options.metrics) {
    const [{ ServerMetrics }, { serveMetrics }] = await Promise.all([
      import('./metrics/server-metrics.ts'),
      import('./metrics/endpoint.ts'),
    ]);
    const metrics = new ServerMetrics();
    const { url } = opening.use(await serveMetrics(options.metrics, metrics));
    audits.push(metrics.audit);
    watchers.push((server) => metrics.watch(server));
    logger?.info({ url }, 'serving metrics');
    void host.stderr.write(`metrics: ${url}\n`);
  }
  let trace: ServerOptions['trace'];
  if (options.traces !== undefined) {
    const { ServerTraces } = await import('./traces/server-traces.ts');
    const traces = opening.use(new ServerTraces(options.traces, { options, host, logger }));
    ({ trace } = traces);
    watchers.push((server) => traces.watch(server));
  }
  const opened = opening.move();
  return {
    audit: audits.length === 0 ? undefined : (record) => audits.forEach((audit) => void audit(record)),
    trace,
    watch: (server) => {
      for (const watch of watchers) watch(server);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
