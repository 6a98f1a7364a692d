import type { Logger } from 'pino';
import type { Audit, Server } from '../index.ts';
import { openAuditFile } from './audit-file.ts';
import type { Host } from './host.ts';
import type { MetricsAddress } from './metrics/address.ts';

/** Who looks on at a server. */
export interface Onlookers extends AsyncDisposable {
  /** Undefined where nobody asked for one: then nothing is made for it. */
  readonly audit: Audit | undefined;
  /** To be called in the turn in which there is a server. */
  watch(server: Server): void;
}

/**
 * The audit file, the metrics and the log, each where it is asked for; nothing is loaded for what is not.
 * @throws SignalboxError `bad_usage` where the audit file cannot be opened, `cannot_bind` where metrics cannot be served.
 */
export async function openOnlookers(
  options: { readonly audit?: string; readonly metrics?: MetricsAddress },
  host: Host,
  logger: Logger | undefined,
): Promise<Onlookers> {
  await using opening = new AsyncDisposableStack();
  const audits: Audit[] = [];
  const watchers: ((server: Server) => void)[] = [];
  if (options.audit !== undefined) {
    const failed = (error: Error) =>
      void host.stderr.write(`the audit log cannot be written: ${error.message}; trying on\n`);
    audits.push(opening.use(await openAuditFile(options.audit, failed)).audit);
  }
  if (logger) {
    const { ServerLog } = await import('./log/server-log.ts');
    const log = new ServerLog(logger);
    audits.push(log.audit);
    watchers.push((server) => log.watch(server));
  }
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
  const opened = opening.move();
  return {
    audit: audits.length === 0 ? undefined : (record) => audits.forEach((audit) => void audit(record)),
    watch: (server) => {
      for (const watch of watchers) watch(server);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
