import { type Context, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ErrorCode, Outcome } from '../../../schemas/index.ts';

/** Outcomes marked as failed spans. Cancelled jobs are not failures. */
const failures: ReadonlySet<Outcome> = new Set(['failed', 'rejected', 'expired', 'lost']);

/** The context of the span that a checked `traceparent` names, or the root context. */
export function contextOf(traceparent: string | undefined): Context {
  if (traceparent === undefined) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** Ends a span. Error texts are left out: they belong to the command. @returns whether the outcome is a failure. */
export function endSpan(span: Span, outcome: Outcome, code: ErrorCode | undefined, atMs?: number): boolean {
  const isFailure = failures.has(outcome);
  span.setAttribute('signalbox.outcome', outcome);
  if (code !== undefined) span.setAttribute('error.type', code);
  if (isFailure) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(atMs);
  return isFailure;
}
