/** What spans say, by the names of OpenTelemetry's attributes. */
export type TraceAttributes = Readonly<Record<string, string | number | boolean>>;

export interface TraceStart {
  /** `server`: it answers a remote call; `client`: it makes one. Default: neither. */
  readonly kind?: 'server' | 'client';
  /** The remote span that it is in, as `traceparent` of W3C Trace Context. One that is not well formed is none. */
  readonly parent?: string | undefined;
  readonly attributes?: TraceAttributes;
}

/** Begins spans, which `--traces` exports when they end. */
export interface Tracer {
  begin(name: string, start?: TraceStart): TraceSpan;
}

/** A span. What it begins is in it. */
export interface TraceSpan extends Tracer {
  readonly traceparent: string;
  /** Whether it is exported: of some, sampling leaves it out. */
  readonly isSampled: boolean;
  set(attributes: TraceAttributes): void;
  /** Names another span that it has to do with, in whichever trace. */
  link(traceparent: string): void;
  /** @param errorType why it has failed, as one of a few words: no text of an error. */
  end(errorType?: string): void;
}
