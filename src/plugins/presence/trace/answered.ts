import { ConnectError, type HandlerContext } from '@connectrpc/connect';
import { codeToString } from '@connectrpc/connect/protocol-connect';
import type { Tracer, TraceSpan } from '../../../index.ts';

/**
 * Answers a unary call within a server span, in the trace from the metadata of the caller.
 * https://opentelemetry.io/docs/specs/semconv/rpc/
 */
export async function answered<Answer>(
  tracer: Tracer | undefined,
  { service, method, protocolName, requestHeader }: HandlerContext,
  work: (span: TraceSpan | undefined) => Promise<Answer>,
): Promise<Answer> {
  if (!tracer) return await work(undefined);
  const name = `${service.typeName}/${method.name}`;
  const isGrpc = protocolName === 'grpc';
  const span = tracer.begin(name, {
    kind: 'server',
    parent: requestHeader.get('traceparent') ?? undefined,
    attributes: { 'rpc.system.name': isGrpc ? 'grpc' : 'connectrpc', 'rpc.method': name },
  });
  try {
    const answer = await work(span);
    if (isGrpc) span.set({ 'rpc.response.status_code': 'OK' });
    span.end();
    return answer;
  } catch (error) {
    const code = codeToString(ConnectError.from(error).code);
    const status = isGrpc ? code.toUpperCase() : code;
    span.set({ 'rpc.response.status_code': status });
    span.end(status);
    throw error;
  }
}
