import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';

/** Enough for several broadcasts to 3,000 clients; about 10 MB. */
const maxWaiting = 8_192;

/**
 * Queues spans for a collector, in batches. Spans that do not fit or are not accepted are lost, and `onLost` is called
 * with the reason: the SDK's own queue does not report either.
 */
export class SpanQueue implements SpanProcessor {
  private readonly batches: BatchSpanProcessor;
  private readonly onLost: (count: number, why: string) => void;
  private waitingCount = 0;

  constructor(exporter: SpanExporter, onLost: (count: number, why: string) => void) {
    this.onLost = onLost;
    const watched: SpanExporter = {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          this.waitingCount -= spans.length;
          if (result.error) onLost(spans.length, reasonOf(result.error));
          done(result);
        }),
      shutdown: () => exporter.shutdown(),
    };
    this.batches = new BatchSpanProcessor(watched, { maxQueueSize: maxWaiting });
  }

  /** Number of ended spans that the collector has not accepted yet. */
  get waiting(): number {
    return this.waitingCount;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.waitingCount >= maxWaiting) {
      this.onLost(1, `${maxWaiting} spans are already waiting for it`);
      return;
    }
    this.waitingCount += 1;
    this.batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.batches.shutdown();
  }
}

/** HTTP failures have a number in `code`. If no address of a host responds, the message is empty. */
function reasonOf(error: Error): string {
  const code = 'code' in error && error.code !== undefined ? String(error.code) : '';
  return error.message.includes(code) ? error.message : `${code} ${error.message}`.trim();
}
