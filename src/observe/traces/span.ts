import { type Context, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ErrorCode, Outcome } from '../../../schemas/index.ts';

/** What is a failure, for whoever looks for failed spans. What was cancelled is none, whoever wanted it. */
const failures: ReadonlySet<Outcome> = new Set(['failed', 'rejected', 'expired', 'lost']);

/** The context of a span that a checked `traceparent` names; without one, that of no span. */
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

/**
 * The texts of errors stay out of it: what a command says of itself is not ours to keep.
 * @returns whether it counts as failed.
 */
export function endSpan(span: Span, outcome: Outcome, code: ErrorCode | undefined, atMs?: number): boolean {
  const isFailure = failures.has(outcome);
  span.setAttribute('signalbox.outcome', outcome);
  if (code !== undefined) span.setAttribute('error.type', code);
  if (isFailure) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(atMs);
  return isFailure;
}
