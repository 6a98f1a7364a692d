import { type Attributes, type Context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { traceparentSchema } from '../../../schemas/index.ts';
import { clientText, jobKeyText } from '../../place-name.ts';
import type { Interceptor } from '../../plugin/interceptor.ts';
import type { Event, Observer } from '../../plugin/observer.ts';
import type { Tracer } from '../../plugin/tracer.ts';
import { openTraces, type Surroundings, type Traces } from './open-traces.ts';
import { contextOf, endSpan, traceparentOf } from './span.ts';
import { createTracer } from './tracer.ts';

type Submitted = Extract<Event, { type: 'job.submitted' }>;
type Settled = Extract<Event, { type: 'job.settled' }>;

/** A submission with open spans. */
interface Begun {
  /** The span of its only job, or of all its jobs together. */
  readonly span: Span;
  /** Parent context of the job spans; undefined for a single job, which has `span`. */
  readonly context: Context | undefined;
  /** Number of its jobs without an outcome. */
  open: number;
  /** Whether all of its jobs are known. */
  isWhole: boolean;
  endedAtMs: number | undefined;
}

/**
 * One span per job, from its submission to its outcome. A command for several clients is encoded once, so all of them
 * get the same `traceparent`: that of a span for the whole submission, which is the parent of the spans of its jobs.
 *
 * The interceptor starts a span and passes its `traceparent` on. The events of the jobs, which contain it, complete and
 * end the span. A job can end before its submission returns. A refused submission has no events, and its span is not
 * exported.
 */
export class ServerTraces implements Observer {
  readonly name = 'traces';
  /** For plug-ins, whose spans are exported with these. */
  readonly tracer: Tracer;
  private readonly opened: Traces;
  private readonly parent: string | undefined;
  /** Submissions in progress, by the `traceparent` sent. */
  private readonly begun = new Map<string, Begun>();
  private readonly jobs = new Map<string, { span: Span; of: Begun }>();

  constructor(url: string, surroundings: Surroundings) {
    this.opened = openTraces(url, 'server', surroundings);
    this.tracer = createTracer(this.opened.tracer);
    // The parent of a script in a pipeline or cron job.
    this.parent = traceparentSchema.safeParse(surroundings.host.env.TRACEPARENT).data;
  }

  readonly intercept: Interceptor = async (call, next) => {
    if (call.method !== 'submit') return await next(call);
    const { command, clients, options } = call;
    const traceparent = this.begin(command.name, clients, options.traceparent);
    try {
      return await next({ ...call, options: { ...options, traceparent } });
    } finally {
      this.isWhole(traceparent);
    }
  };

  on(event: Event): void {
    if (event.type === 'job.submitted') this.submitted(event);
    else if (event.type === 'job.accepted') {
      this.jobs.get(jobKeyText(event))?.span.addEvent('accepted', event.atMs);
    } else if (event.type === 'job.settled') this.settled(event);
  }

  /** Ends the spans of jobs without an outcome, which continue at their clients. */
  async [Symbol.asyncDispose](): Promise<void> {
    const spans = new Set([...this.jobs.values()].flatMap(({ span, of }) => [span, of.span]));
    for (const span of spans) span.end();
    this.jobs.clear();
    await this.opened[Symbol.asyncDispose]();
  }

  private begin(command: string, clients: readonly string[], parent = this.parent): string {
    const outer = contextOf(parent);
    const isOne = clients.length === 1;
    const about = isOne ? {} : { 'signalbox.clients': clients.length };
    const span = this.start(command, about, outer, Date.now());
    const context = isOne ? undefined : trace.setSpan(outer, span);
    const traceparent = traceparentOf(span);
    this.begun.set(traceparent, { span, context, open: 0, isWhole: false, endedAtMs: undefined });
    return traceparent;
  }

  private isWhole(traceparent: string): void {
    const begun = this.begun.get(traceparent);
    if (!begun) return;
    this.begun.delete(traceparent);
    begun.isWhole = true;
    endWhole(begun);
  }

  private submitted(event: Submitted): void {
    const of = this.begun.get(event.traceparent ?? '');
    if (!of) return;
    const { id, command, atMs } = event;
    const own = { 'signalbox.job.id': id, 'signalbox.client': clientText(event) };
    const span = of.context ? this.start(command, own, of.context, atMs) : of.span.setAttributes(own);
    of.span.setAttribute('signalbox.job.id', id);
    of.open += 1;
    this.jobs.set(jobKeyText(event), { span, of });
  }

  private settled(event: Settled): void {
    const job = this.jobs.get(jobKeyText(event));
    // A job of another server, which has the span.
    if (!job) return;
    this.jobs.delete(jobKeyText(event));
    const { of, span } = job;
    const isFailure = endSpan(span, event.outcome, event.error?.code, event.atMs);
    if (isFailure) of.span.setStatus({ code: SpanStatusCode.ERROR });
    of.open -= 1;
    of.endedAtMs = event.atMs;
    endWhole(of);
  }

  private start(command: string, about: Attributes, within: Context, startTime: number): Span {
    const attributes = { 'signalbox.command': command, ...about };
    return this.opened.tracer.startSpan(command, { kind: SpanKind.CLIENT, attributes, startTime }, within);
  }
}

/** Ends the span of a submission to several clients with the last of its jobs. */
function endWhole({ span, context, open, isWhole, endedAtMs }: Begun): void {
  if (context && isWhole && open === 0 && endedAtMs !== undefined) span.end(endedAtMs);
}
