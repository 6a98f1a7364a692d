import { type Span, SpanKind } from '@opentelemetry/api';
import type { ClientEvent } from '../../client/api.ts';
import type { Starting } from '../../client/jobs.ts';
import { openTraces, type Surroundings, type Traces } from './open-traces.ts';
import { contextOf, endSpan, traceparentOf } from './span.ts';

/** One span for each data command that a client runs, inside the span of its server. */
export class ClientTraces {
  private readonly opened: Traces;
  private readonly client: string;
  private readonly jobs = new Map<string, Span>();

  constructor(url: string, client: string, surroundings: Surroundings) {
    this.opened = openTraces(url, 'client', surroundings);
    this.client = client;
  }

  /** The `trace` option of `createClient`. */
  readonly trace = ({ id, command, traceparent }: Starting): string => {
    const attributes = { 'signalbox.command': command, 'signalbox.job.id': id, 'signalbox.client': this.client };
    const span = this.opened.tracer.startSpan(command, { kind: SpanKind.SERVER, attributes }, contextOf(traceparent));
    this.jobs.set(id, span);
    return traceparentOf(span);
  };

  event(event: ClientEvent): void {
    if (event.type !== 'ended') return;
    const span = this.jobs.get(event.id);
    this.jobs.delete(event.id);
    if (span) endSpan(span, event.outcome, event.code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.opened[Symbol.asyncDispose]();
  }
}
