import { afterEach, beforeEach, expect, test } from 'vitest';
import { EndBound } from '../../src/host/end-bound.ts';
import type { Host } from '../../src/host/host.ts';
import { openTraces } from '../../src/observe/traces/open-traces.ts';
import { createTracer } from '../../src/observe/traces/tracer.ts';
import { startCollector } from '../e2e/collector.ts';
import { MemorySink } from '../support/in-process-shell.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

let collector: Awaited<ReturnType<typeof startCollector>>;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(async () => {
  await collector[Symbol.asyncDispose]();
});

/** The spans that plug-ins make with a tracer, as a collector receives them. */
async function exported(use: (tracer: ReturnType<typeof createTracer>) => void) {
  const stderr = new MemorySink();
  const host = { env: {}, stderr, endBound: new EndBound(stderr, () => {}) } as unknown as Host;
  const traces = openTraces(`${collector.url}/v1/traces`, 'foo', { options: {}, host, logger: undefined });
  use(createTracer(traces.tracer));
  await traces[Symbol.asyncDispose]();
  return collector.spans;
}

test('a span has its child spans, attributes, links, and a failure with a code word', async () => {
  const [inner, outer] = await exported((tracer) => {
    const span = tracer.begin('outer', { kind: 'server', parent: `00-${traceId}-${spanId}-01` });
    expect(span).toMatchObject({ isSampled: true, traceparent: expect.stringContaining(traceId) });
    const within = span.begin('inner', { kind: 'client', attributes: { size: 3 } });
    within.set({ isLate: true });
    within.link(`00-${traceId}-${spanId}-01`);
    within.link('none');
    within.end('unavailable');
    span.end();
  });
  expect(outer).toMatchObject({ name: 'outer', kind: 2, traceId, parentSpanId: spanId, status: 0, links: [] });
  expect(inner).toMatchObject({
    ...{ name: 'inner', kind: 3, traceId, parentSpanId: outer?.spanId, status: 2, links: [spanId] },
    attributes: { size: 3, isLate: true, 'error.type': 'unavailable' },
    service: 'signalbox-foo',
  });
});

test('a malformed parent is ignored, and an unsampled one is respected', async () => {
  const spans = await exported((tracer) => {
    tracer.begin('own', { parent: `00-${traceId}-${spanId}-01-more` }).end();
    const left = tracer.begin('left out', { parent: `00-${traceId}-${spanId}-00` });
    expect(left.isSampled).toBe(false);
    left.begin('within').end();
    left.end();
  });
  expect(spans).toMatchObject([
    { name: 'own', kind: 1, parentSpanId: undefined, traceId: expect.not.stringContaining(traceId) },
  ]);
});
