import { encodeEnvelope, type UniversalServerResponse } from '@connectrpc/connect/protocol';

/**
 * Puts payloads in the place of messages, the first in that of the first. Connect would encode each message for each
 * caller.
 */
export function withPayloads(
  response: UniversalServerResponse,
  payloads: Buffer[] | undefined,
): UniversalServerResponse {
  const { body } = response;
  if (!payloads || !body) return response;
  const replaced = async function* () {
    for await (const envelope of body) {
      // What ends the stream has a flag, and comes when all payloads are gone.
      const payload = payloads.shift();
      yield payload ? encodeEnvelope(0, payload) : envelope;
    }
  };
  return { ...response, body: replaced() };
}
