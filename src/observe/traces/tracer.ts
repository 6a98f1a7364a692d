import {
  type Context,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { traceparentSchema } from '../../../schemas/index.ts';
import type { Tracer, TraceSpan } from '../../plugin/tracer.ts';
import { contextOf, traceparentOf } from './span.ts';

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT };

/** The tracer that plug-ins get. */
export function createTracer(of: OtelTracer, within: Context = ROOT_CONTEXT): Tracer {
  return {
    begin(name, { kind, parent, attributes = {} } = {}) {
      const checked = traceparentSchema.safeParse(parent).data;
      const outer = checked === undefined ? within : contextOf(checked);
      const span = of.startSpan(name, { kind: kind ? kinds[kind] : SpanKind.INTERNAL, attributes }, outer);
      const inner = createTracer(of, trace.setSpan(outer, span));
      return {
        begin: inner.begin,
        traceparent: traceparentOf(span),
        isSampled: (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0,
        set: (given) => void span.setAttributes(given),
        link(traceparent) {
          const linked = trace.getSpanContext(contextOf(traceparentSchema.safeParse(traceparent).data));
          if (linked) span.addLink({ context: linked });
        },
        end(errorType) {
          if (errorType !== undefined) {
            span.setAttribute('error.type', errorType).setStatus({ code: SpanStatusCode.ERROR });
          }
          span.end();
        },
      } satisfies TraceSpan;
    },
  };
}
