import { isIP } from 'node:net';
import type { Received } from '../kafka/received.ts';
import { resultMessageSchema } from '../kafka/result-message.ts';
import type { Poison, ReceivedResult } from './store/received.ts';

/** Far more than the size of any result. */
const maxBytes = 65_536;

/** Separates messages that are results from all others. */
export function sortOut(messages: readonly Received[]): {
  readonly results: readonly ReceivedResult[];
  readonly poison: readonly Poison[];
} {
  const results: ReceivedResult[] = [];
  const poison: Poison[] = [];
  for (const received of messages) {
    const read = readResult(received);
    if (typeof read === 'string') poison.push({ received, reason: read });
    else results.push(read);
  }
  return { results, poison };
}

/** @returns the result, or why the message is not one, without quoting it */
function readResult(received: Received): ReceivedResult | string {
  const { value } = received;
  if (value === null) return 'it has no value';
  if (value.length > maxBytes) return `it is larger than ${maxBytes} bytes`;
  let json: unknown;
  try {
    json = JSON.parse(value.toString());
  } catch {
    return 'it is not JSON';
  }
  const { success, data: result, error } = resultMessageSchema.safeParse(json);
  if (!success) {
    const [issue] = error.issues;
    return `it is not a result of a check: ${issue?.path.join('.') || 'it'}: ${issue?.code}`;
  }
  if (result.address !== null && isIP(result.address) === 0)
    return 'it is not a result of a check: address: not an address';
  const broken = (['check', 'client', 'job'] as const).find((name) => !result[name].isWellFormed());
  if (broken) return `it is not a result of a check: ${broken}: not well-formed`;
  return { received, result };
}
