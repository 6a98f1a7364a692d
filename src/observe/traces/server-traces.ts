import { type Attributes, type Context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { type ErrorCode, type Outcome, traceparentSchema } from '../../../schemas/index.ts';
import type { Server } from '../../plugin/job-service.ts';
import type { JobRef, ServerEvent } from '../../plugin/observer.ts';
import type { Sending } from '../../plugin/server-options.ts';
import { openTraces, type Surroundings, type Traces } from './open-traces.ts';
import { contextOf, endSpan, traceparentOf } from './span.ts';

/** A command to several clients: it ends with the last of its jobs. */
interface Line {
  readonly span: Span;
  open: number;
}

/**
 * One span for each job, from `send` to its outcome. A command to several clients is encoded once for all of them, so one `traceparent`
 * travels to all: that of a span for the whole line, in which those of its jobs are.
 */
export class ServerTraces {
  private readonly opened: Traces;
  private readonly parent: string | undefined;
  private readonly jobs = new Map<string, { span: Span; line?: Line }>();

  constructor(url: string, surroundings: Surroundings) {
    this.opened = openTraces(url, 'server', surroundings);
    // That of a script of a pipeline, or of cron.
    this.parent = traceparentSchema.safeParse(surroundings.host.env.TRACEPARENT).data;
  }

  /** To be given to `createServer`. */
  readonly trace = ({ id, command, clients, traceparent = this.parent }: Sending): string => {
    const outer = contextOf(traceparent);
    const start = (within: Context, about: Attributes) => {
      const attributes = { 'signalbox.command': command, 'signalbox.job.id': id, ...about };
      return this.opened.tracer.startSpan(command, { kind: SpanKind.CLIENT, attributes }, within);
    };
    const [only] = clients;
    if (only !== undefined && clients.length === 1) {
      const span = start(outer, { 'signalbox.client': only });
      this.jobs.set(keyOf(id, only), { span });
      return traceparentOf(span);
    }
    const line = { span: start(outer, { 'signalbox.clients': clients.length }), open: clients.length };
    const within = trace.setSpan(outer, line.span);
    for (const client of clients) {
      this.jobs.set(keyOf(id, client), { span: start(within, { 'signalbox.client': client }), line });
    }
    return traceparentOf(line.span);
  };

  watch(server: Server): void {
    server.subscribe((event) => this.event(event));
  }

  /** Jobs that have no outcome go on at their clients: their spans end here, and say no more than that. */
  async [Symbol.asyncDispose](): Promise<void> {
    const lines = new Set<Span>();
    for (const { span, line } of this.jobs.values()) {
      span.end();
      if (line) lines.add(line.span);
    }
    for (const span of lines) span.end();
    this.jobs.clear();
    await this.opened[Symbol.asyncDispose]();
  }

  private event(event: ServerEvent): void {
    if (event.type === 'accepted') this.jobs.get(keyOf(event.id, event.client))?.span.addEvent('accepted');
    else if (event.type === 'rejected') this.ended(event, 'rejected', event.error.code);
    else if (event.type === 'result') this.ended(event, event.outcome, event.error?.code);
  }

  private ended({ id, client }: JobRef, outcome: Outcome, code: ErrorCode | undefined): void {
    const job = this.jobs.get(keyOf(id, client));
    // One of another server, which has its span.
    if (!job) return;
    this.jobs.delete(keyOf(id, client));
    const isFailure = endSpan(job.span, outcome, code);
    if (!job.line) return;
    const { line } = job;
    if (isFailure) line.span.setStatus({ code: SpanStatusCode.ERROR });
    line.open -= 1;
    if (line.open === 0) line.span.end();
  }
}

const keyOf = (id: string, client: string) => `${id} ${client}`;
