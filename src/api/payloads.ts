import { encodeEnvelope, type UniversalServerResponse } from '@connectrpc/connect/protocol';

/** Replaces messages by payloads, in order. Otherwise Connect would encode each message separately for each caller. */
export function withPayloads(
  response: UniversalServerResponse,
  payloads: Buffer[] | undefined,
): UniversalServerResponse {
  const { body } = response;
  if (!payloads || !body) return response;
  const replaced = async function* () {
    for await (const envelope of body) {
      // The end of the stream has a flag, and follows when all payloads have been sent.
      const payload = payloads.shift();
      yield payload ? encodeEnvelope(0, payload) : envelope;
    }
  };
  return { ...response, body: replaced() };
}
