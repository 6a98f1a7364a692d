import { Code } from '@connectrpc/connect';
import { encodeEnvelope, readAllBytes, type UniversalServerResponse } from '@connectrpc/connect/protocol';
import { endStreamFlag } from '@connectrpc/connect/protocol-connect';
import { apiLimits } from './api-limits.ts';

/** How Connect begins its message about unreadable protobuf. */
const unreadable = 'parse binary: ';
const envelopeBytes = 5;

interface StatusJson {
  readonly code?: string;
  readonly message?: string;
}

/**
 * Reports unreadable protobuf as `invalid_argument`, like unreadable JSON. Connect answers `internal`, before any code
 * of this program is called.
 */
export async function blamingCaller(response: UniversalServerResponse): Promise<UniversalServerResponse> {
  const { body, header, status, trailer } = response;
  if (!body) return response;
  if (trailer) return { ...response, body: thenInTrailer(body, trailer) };
  if (status === 500) {
    const bytes = await readAllBytes(body, apiLimits.maxMessageBytes);
    const blamed = blamedIn(JSON.parse(Buffer.from(bytes).toString()));
    if (!blamed) return { ...response, body: once(bytes) };
    const json = Buffer.from(JSON.stringify(blamed));
    header?.set('content-length', `${json.length}`);
    return { ...response, status: 400, body: once(json) };
  }
  const isStream = header?.get('content-type') === 'application/connect+proto';
  return isStream ? { ...response, body: inFirstEnvelope(body) } : response;
}

const blamedIn = ({ code, message = '' }: StatusJson): StatusJson | undefined =>
  code === 'internal' && message.startsWith(unreadable) ? { code: 'invalid_argument', message } : undefined;

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* thenInTrailer(body: AsyncIterable<Uint8Array>, trailer: Headers): AsyncGenerator<Uint8Array> {
  yield* body;
  const isUnreadable = decodeURIComponent(trailer.get('grpc-message') ?? '').startsWith(unreadable);
  if (isUnreadable && trailer.get('grpc-status') === `${Code.Internal}`) {
    trailer.set('grpc-status', `${Code.InvalidArgument}`);
  }
}

/** The request is read completely before anything is sent, so this can only affect the first envelope. */
async function* inFirstEnvelope(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const bytes of body) {
    yield isFirst ? blamingEnd(bytes) : bytes;
    isFirst = false;
  }
}

function blamingEnd(envelope: Uint8Array): Uint8Array {
  if (((envelope[0] ?? 0) & endStreamFlag) === 0) return envelope;
  const { error, ...end } = JSON.parse(Buffer.from(envelope.subarray(envelopeBytes)).toString());
  const blamed = error && blamedIn(error);
  return blamed ? encodeEnvelope(endStreamFlag, Buffer.from(JSON.stringify({ ...end, error: blamed }))) : envelope;
}
