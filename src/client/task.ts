import { limits, SignalboxError } from '../../schemas/index.ts';
import type { Implementation } from '../plugin/implement.ts';
import { encodeMessage } from '../wire/codec.ts';
import type { Task, Work } from './run-job.ts';

/** Work, and the check of what it returns against the contract. */
export function taskOf({ contract, brief = false }: Implementation, work: Work): Task {
  const resultOf = (value: unknown) => {
    const parsed = contract.result.safeParse(value);
    if (!parsed.success) {
      throw new SignalboxError('bad_result', `${contract.name} returned what its contract does not allow`);
    }
    checkSendable(parsed.data);
    return parsed.data;
  };
  return { work, resultOf, brief };
}

/**
 * What is small for certain is not encoded to see.
 * @throws SignalboxError `bad_result` where it is over `maxResultBytes`, or holds what the protocol has no bytes for.
 */
function checkSendable(result: unknown): void {
  if (typeof result === 'number' || typeof result === 'boolean') return;
  let bytes = Number.POSITIVE_INFINITY;
  try {
    bytes = encodeMessage({ result }).bytes.length;
  } catch (cause) {
    const { code, message } = SignalboxError.from(cause, 'internal');
    // With this code it is over the limit of any message.
    if (code !== 'message_too_large') throw new SignalboxError('bad_result', `the result cannot be sent: ${message}`);
  }
  if (bytes <= limits.maxResultBytes) return;
  throw new SignalboxError('bad_result', `the result is over ${limits.maxResultBytes} bytes; send much as output`);
}
