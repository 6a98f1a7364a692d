import type { UniversalServerRequest, UniversalServerResponse } from '@connectrpc/connect/protocol';
import { encodeEnvelope, readAllBytes } from '@connectrpc/connect/protocol';
import {
  codeFromString,
  codeToHttpStatus,
  contentTypeStreamJson,
  endStreamFlag,
} from '@connectrpc/connect/protocol-connect';
import { apiLimits } from './api-limits.ts';

/** Size of the head of each message of a stream: flags and length. */
const envelopeBytes = 5;
const contentType = 'content-type';

/** Whether the caller of a stream sends plain JSON: curl cannot write the envelopes of Connect. */
export const wantsLines = ({ header }: UniversalServerRequest): boolean =>
  /^application\/json\s*(;\s*charset=utf-?8)?$/i.test(header.get(contentType) ?? '');

/** The same request in the form of Connect. */
export function enveloped(request: UniversalServerRequest): UniversalServerRequest {
  const header = new Headers(request.header);
  header.set(contentType, contentTypeStreamJson);
  header.delete('content-length');
  // The header of a stream. No encoding is supported, so this results in an error.
  const encoding = header.get('content-encoding');
  if (encoding !== null) header.set('connect-content-encoding', encoding);
  return { ...request, header, body: envelope(request.body as AsyncIterable<Uint8Array>) };
}

/**
 * A stream as JSON lines: one line per message, and `{"error": …}` at the end if it failed. An error before the first
 * message is a status.
 */
export async function inLines(response: UniversalServerResponse): Promise<UniversalServerResponse> {
  const envelopes = response.body?.[Symbol.asyncIterator]();
  if (!envelopes) return response;
  const first = await envelopes.next();
  const error = first.done ? undefined : errorOf(first.value);
  const header = new Headers({ [contentType]: error ? 'application/json' : 'application/x-ndjson' });
  if (!error) return { status: response.status, header, body: lines(first, envelopes) };
  const body = (async function* () {
    yield Buffer.from(`${JSON.stringify(error)}\n`);
  })();
  return { status: codeToHttpStatus(codeFromString(error.code) ?? 2), header, body };
}

async function* envelope(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield encodeEnvelope(0, await readAllBytes(body, apiLimits.maxRequestBytes));
}

async function* lines(
  first: IteratorResult<Uint8Array>,
  envelopes: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; !next.done; next = await envelopes.next()) {
      const error = errorOf(next.value);
      if (error) yield Buffer.from(`${JSON.stringify({ error })}\n`);
      else if (!isEnd(next.value)) yield Buffer.concat([next.value.subarray(envelopeBytes), Buffer.from('\n')]);
    }
  } finally {
    await envelopes.return?.();
  }
}

const isEnd = (bytes: Uint8Array): boolean => ((bytes[0] ?? 0) & endStreamFlag) !== 0;

function errorOf(bytes: Uint8Array): { code: string } | undefined {
  if (!isEnd(bytes)) return undefined;
  return JSON.parse(Buffer.from(bytes.subarray(envelopeBytes)).toString()).error;
}
