/** Attributes of a span, named as by OpenTelemetry. */
export type TraceAttributes = Readonly<Record<string, string | number | boolean>>;

/** How a span begins. */
export interface TraceStart {
  /** `server`: it handles a remote call. `client`: it makes one. Default: neither. */
  readonly kind?: 'server' | 'client';
  /** The remote parent span, as `traceparent` of W3C Trace Context. A malformed one is ignored. Default: none. */
  readonly parent?: string | undefined;
  /** Default: none. */
  readonly attributes?: TraceAttributes;
}

/** Begins spans. `--traces` exports them when they end. */
export interface Tracer {
  /** Begins a span. */
  begin(name: string, start?: TraceStart): TraceSpan;
}

/** A span. Spans that it begins are its children. */
export interface TraceSpan extends Tracer {
  /** The span as `traceparent` of W3C Trace Context, to pass on. */
  readonly traceparent: string;
  /** Whether it is exported. Sampling excludes some spans. */
  readonly isSampled: boolean;
  /** Adds or replaces attributes. */
  set(attributes: TraceAttributes): void;
  /** Links another span, which may belong to another trace. */
  link(traceparent: string): void;
  /**
   * Ends the span.
   * @param errorType a short classification of its failure, not the text of an error. Default: no failure.
   */
  end(errorType?: string): void;
}
