import type { ServerResponse } from 'node:http';
import { base64Decode } from '@bufbuild/protobuf/wire';
import { createContextValues } from '@connectrpc/connect';
import type { UniversalServerRequest, UniversalServerResponse } from '@connectrpc/connect/protocol';
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import { dropKey, payloadsKey } from './call-context.ts';
import { blamingCaller } from './callers-fault.ts';
import { enveloped, inLines, wantsLines } from './json-lines.ts';
import { withPayloads } from './payloads.ts';
import { readyHeaders } from './ready-headers.ts';
import { grpcMessage, messageKey, type Request, type Response, refuse, refuseUnread } from './refuse.ts';
import type { Routes } from './routes.ts';
import { type SignedIn, signedInKey, signedOut } from './signed-in.ts';

/** Identifies the caller, or returns the refusal. */
export type SignIn = (request: Request) => SignedIn | Parameters<typeof refuseUnread>[2];

/**
 * Responds to a request. Never rejects: failures below the level of a status end the connection or its stream.
 * @param signIn undefined if everyone who can connect is the owner.
 */
export async function answer(
  request: Request,
  response: Response,
  { routes, signIn, flushMs }: { routes: Routes; signIn: SignIn | undefined; flushMs: number },
): Promise<void> {
  // Without this listener, an error of the connection would end the process.
  response.on('error', () => {});
  const drop = () => ('stream' in response ? response.stream.destroy() : response.destroy());
  try {
    const caller = signIn?.(request);
    if (caller && 'error' in caller) {
      refuseUnread(request, response, caller);
      return;
    }
    const [path = ''] = (request.url ?? '').split('?', 1);
    const handler = routes.get(path);
    if (!handler) {
      refuse(
        response,
        404,
        'unimplemented',
        `there is no ${nameable(path)}; call a method, for example: POST /signalbox.v1.JobService/Submit`,
      );
      return;
    }
    if (!isBase64(request.url)) {
      refuse(
        response,
        400,
        'invalid_argument',
        "'message' in the query is not valid base64, although 'base64=1' is set",
      );
      return;
    }
    readyHeaders(request.headers);
    const isStream = handler.method.methodKind === 'server_streaming';
    const payloads = isStream && /json/.test(request.headers['content-type'] ?? '') ? [] : undefined;
    const values = createContextValues().set(dropKey, drop).set(payloadsKey, payloads);
    values.set(signedInKey, caller);
    const asked = universalRequestFromNodeRequest(request, response as ServerResponse, undefined, values);
    const given = caller ? whileSignedIn(asked, response, { caller, drop, flushMs }) : asked;
    const respond = async (one: UniversalServerRequest) => withPayloads(await handler(one), payloads);
    const asLines = isStream && wantsLines(given);
    const answered = asLines ? await inLines(await respond(enveloped(given))) : await respond(given);
    if (answered.status === 415) {
      const hint = "send a request in JSON with the header 'content-type: application/json'";
      refuse(response, 415, 'invalid_argument', hint);
    } else if (answered.status === 405) refuse(response, 405, 'invalid_argument', `use POST for ${path}`);
    else await universalResponseToNodeResponse(endedWith(response, readable(await blamingCaller(answered))), response);
  } catch {
    drop();
  }
}

/** Whether the message in the query of a GET has the encoding that it declares. Connect would answer `internal`. */
function isBase64(url = ''): boolean {
  const [, asked] = url.split('?');
  if (asked === undefined) return true;
  const query = new URLSearchParams(asked);
  if (query.get('base64') !== '1') return true;
  try {
    base64Decode(query.get('message') ?? '');
    return true;
  } catch {
    return false;
  }
}

/**
 * Stops producing the body when the connection has ended. Otherwise its writer could wait forever for a write, and the
 * stream would stay open that long.
 */
function endedWith(response: Response, answered: UniversalServerResponse): UniversalServerResponse {
  const body = answered.body?.[Symbol.asyncIterator]();
  if (!body) return answered;
  const leave = () => void body.return?.().catch(() => {});
  if (response.closed) leave();
  else response.once('close', leave);
  return { ...answered, body: { [Symbol.asyncIterator]: () => body } };
}

/** The same response with a readable gRPC message. */
function readable(response: UniversalServerResponse): UniversalServerResponse {
  const { body, trailer } = response;
  if (!trailer || !body) return response;
  const thenReadable = async function* () {
    yield* body;
    const message = trailer.get(messageKey);
    if (message !== null) trailer.set(messageKey, grpcMessage(message));
  };
  return { ...response, body: thenReadable() };
}

/**
 * Ends the call when its caller is signed out, and, a moment later, the connection of a caller that does not read its
 * status.
 */
function whileSignedIn(
  request: UniversalServerRequest,
  response: Response,
  { caller, drop, flushMs }: { caller: SignedIn; drop: () => void; flushMs: number },
): UniversalServerRequest {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    ending.abort(signedOut(caller));
    timer = setTimeout(drop, flushMs);
  };
  const left = () => {
    caller.signal.removeEventListener('abort', end);
    clearTimeout(timer);
    ending.abort(request.signal.reason);
  };
  caller.signal.addEventListener('abort', end);
  if (caller.signal.aborted) end();
  response.once('close', left);
  return { ...request, signal: ending.signal };
}

/** A path in a form that is safe in errors: a path that is not the name of a method can be a misplaced token. */
const nameable = (path: string): string => (/^\/[A-Za-z0-9.]+\/[A-Za-z]+$/.test(path) ? path : 'such path');
