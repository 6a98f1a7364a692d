import { BasicTracerProvider, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { expect, test } from 'vitest';
import { SpanQueue } from '../../src/observe/traces/span-queue.ts';

type Done = Parameters<SpanExporter['export']>[1];

/** A queue whose exporter does what a test says. */
function openQueue() {
  const exports: { spans: ReadableSpan[]; done: Done }[] = [];
  const lost: { count: number; why: string }[] = [];
  const exporter: SpanExporter = {
    export: (spans, done) => void exports.push({ spans, done }),
    shutdown: () => Promise.resolve(),
  };
  const queue = new SpanQueue(exporter, (count, why) => void lost.push({ count, why }));
  const tracer = new BasicTracerProvider({ spanProcessors: [queue] }).getTracer('test');
  const end = (count: number) => {
    for (let at = 0; at < count; at += 1) tracer.startSpan('job').end();
  };
  return { exports, lost, queue, end };
}

test('exported spans are dropped, and nothing is reported', async () => {
  const { exports, lost, queue, end } = openQueue();
  end(512);
  expect([exports.length, queue.waiting]).toEqual([1, 512]);
  exports[0]?.done({ code: 0 });
  expect([queue.waiting, lost]).toEqual([0, []]);
});

test('up to 8,192 spans wait for a collector that hangs, and each further one is lost', () => {
  const { exports, lost, queue, end } = openQueue();
  end(8_192);
  expect(lost).toEqual([]);
  end(3);
  expect(lost).toEqual(Array(3).fill({ count: 1, why: '8192 spans are already waiting for it' }));
  expect([exports.length, queue.waiting]).toEqual([1, 8_192]);
});

test('all pending spans are exported at the end, and failures are reported with their reason', async () => {
  const { exports, lost, queue, end } = openQueue();
  end(1_000);
  const over = queue.shutdown().catch(() => 'failed');
  await expect.poll(() => exports.length).toBe(2);
  expect(exports.map(({ spans }) => spans.length)).toEqual([512, 488]);
  exports[0]?.done({ code: 1, error: Object.assign(new Error('Service Unavailable'), { code: 503 }) });
  exports[1]?.done({ code: 1, error: Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }) });
  expect(await over).toBe('failed');
  expect(lost).toEqual([
    { count: 512, why: '503 Service Unavailable' },
    { count: 488, why: 'ECONNREFUSED' },
  ]);
  expect(queue.waiting).toBe(0);
});
