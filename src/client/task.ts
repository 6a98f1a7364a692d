import { limits, SignalboxError } from '../../schemas/index.ts';
import type { Implementation } from '../plugin/implement.ts';
import { encodeMessage } from '../wire/codec.ts';
import type { Task, Work } from './run-job.ts';

/** The work of a job, with a check of its result against the contract. */
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
 * Small results pass without being encoded.
 * @throws SignalboxError `bad_result` if it exceeds `maxResultBytes` or cannot be encoded.
 */
function checkSendable(result: unknown): void {
  if (typeof result === 'number' || typeof result === 'boolean') return;
  let bytes = Number.POSITIVE_INFINITY;
  try {
    bytes = encodeMessage({ result }).bytes.length;
  } catch (cause) {
    const { code, message } = SignalboxError.from(cause, 'internal');
    // This code means that it exceeds even the limit for a message.
    if (code !== 'message_too_large') throw new SignalboxError('bad_result', `the result cannot be sent: ${message}`);
  }
  if (bytes <= limits.maxResultBytes) return;
  throw new SignalboxError('bad_result', `the result is over ${limits.maxResultBytes} bytes; send much as output`);
}
