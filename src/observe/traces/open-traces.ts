import { hostname } from 'node:os';
import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import type { Host } from '../../host/host.ts';
import { printable } from '../../host/printable.ts';
import { version } from '../../version.ts';
import { checkCertificates } from './certificates.ts';
import { SpanQueue } from './span-queue.ts';

/** Maximum time that the end of the program waits for a collector, in ms. */
const flushMs = 1_500;

export interface TracesOptions {
  /** URL to which spans are sent. Undefined: no traces. */
  readonly traces?: string;
  /** Destination of the log; with `-`, nothing else is written to standard error. */
  readonly log?: string;
}

/** The dependencies of the traces. */
export interface Surroundings {
  readonly options: TracesOptions;
  readonly host: Host;
  readonly logger: Logger | undefined;
}

export interface Traces extends AsyncDisposable {
  readonly tracer: Tracer;
}

/**
 * Opens a tracer that exports by OTLP over HTTP as JSON. Nothing is registered globally, so only spans made here are
 * exported. The standard `OTEL_…` variables for headers, certificates, sampling and resource attributes apply.
 * @param program such as `server`: the service is `signalbox-server`.
 */
export function openTraces(url: string, program: string, { options, host, logger }: Surroundings): Traces {
  checkCertificates(host.env);
  // The query may contain a token.
  const [at] = url.split('?');
  let lost = 0;
  const lose = (count: number, why: string) => {
    if (lost === 0) {
      logger?.warn({ url: at, reason: why }, 'traces not exported');
      if (options.log !== '-') void host.stderr.write(`traces cannot be exported to ${at}: ${printable(why)}\n`);
    }
    lost += count;
  };
  const queue = new SpanQueue(new OTLPTraceExporter({ url }), lose);
  const own = resourceFromAttributes({
    'service.name': `signalbox-${program}`,
    'service.version': version,
    'host.name': hostname(),
    'process.pid': process.pid,
  });
  const provider = new BasicTracerProvider({
    resource: own.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [queue],
  });
  return {
    tracer: provider.getTracer('signalbox', version),
    async [Symbol.asyncDispose]() {
      await host.endBound.during('the traces', atMost(flushMs, provider.shutdown()));
      if (queue.waiting > 0) lose(queue.waiting, `not taken in the last ${flushMs} ms`);
      if (lost > 0) logger?.warn({ url: at, count: lost }, 'spans were lost');
    },
  };
}

/** Resolves when the work is done or has failed, at most after `ms`. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  work.then(
    () => resolve(),
    () => resolve(),
  );
  await promise;
  clearTimeout(timer);
}
