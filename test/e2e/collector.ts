import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

/** A span as it is exported; its attributes and those of its resource are maps. */
export interface ExportedSpan {
  readonly service: unknown;
  readonly name: string;
  /** 1: internal, 2: server, 3: client. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  /** 0: unset, 2: error. */
  readonly status: number;
  readonly events: readonly string[];
  /** The ids of its linked spans. */
  readonly links: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The part of a request body that tests read. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
interface Body {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string;
        readonly kind: number;
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly attributes: readonly Attribute[];
        readonly status: { readonly code: number };
        readonly events: readonly { readonly name: string }[];
        readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
      }[];
    }[];
  }[];
}

const mapOf = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

function spansOf(body: Body): ExportedSpan[] {
  return body.resourceSpans.flatMap(({ resource: { attributes: own }, scopeSpans }) => {
    const resource = mapOf(own);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, kind, traceId, spanId, parentSpanId, attributes, status, events, links, ...times }) => ({
        service: resource['service.name'],
        name,
        kind,
        traceId,
        spanId,
        parentSpanId: parentSpanId || undefined,
        attributes: mapOf(attributes),
        resource,
        status: status.code,
        events: events.map((event) => event.name),
        links: links.map((link) => link.spanId),
        startMs: Number(times.startTimeUnixNano) / 1e6,
        endMs: Number(times.endTimeUnixNano) / 1e6,
      })),
    );
  });
}

const takes = (response: ServerResponse) => void response.setHeader('Content-Type', 'application/json').end('{}');

/** An OpenTelemetry collector, as an exporter sees it: an HTTP server that accepts spans. */
export async function startCollector(answer: (response: ServerResponse) => void = takes) {
  const spans: ExportedSpan[] = [];
  const requests: { path: string | undefined; authorization: string | undefined; body: string }[] = [];
  const looks = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const { url: path, headers } = request;
    const body = (await request.setEncoding('utf8').toArray()).join('');
    requests.push({ path, authorization: headers.authorization, body });
    spans.push(...spansOf(JSON.parse(body)));
    for (const look of looks) look();
    answer(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    requests,
    /** The first `count` matching spans, exported already or later. */
    async exported(count: number, fits: (span: ExportedSpan) => boolean): Promise<ExportedSpan[]> {
      for (;;) {
        const found = spans.filter(fits);
        if (found.length >= count) return found;
        await new Promise<void>((resolve) => {
          const look = () => {
            looks.delete(look);
            resolve();
          };
          looks.add(look);
        });
      }
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
