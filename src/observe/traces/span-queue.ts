import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';

/** Enough for several broadcasts to 3,000 clients; about 10 MB. */
const maxWaiting = 8_192;

/**
 * Spans on their way to a collector, in batches. What does not fit, or is not taken, is lost, and `onLost` is told why:
 * the SDK's own queue keeps silent about both.
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

  /** Number of spans ended and not yet taken by the collector. */
  get waiting(): number {
    return this.waitingCount;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.waitingCount >= maxWaiting) {
      this.onLost(1, `${maxWaiting} spans wait for it already`);
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

/** HTTP failures have a number in `code`; when no address of a host answers, the message is empty. */
function reasonOf(error: Error): string {
  const code = 'code' in error && error.code !== undefined ? String(error.code) : '';
  return error.message.includes(code) ? error.message : `${code} ${error.message}`.trim();
}
