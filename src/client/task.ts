import { limits, SignalboxError } from '../../schemas/index.ts';
import type { Implementation, JobContext } from '../plugin/implement.ts';
import { sizeOf } from '../wire/encode-frame.ts';

/** The work of a job, after its arguments have been checked. */
export type Work = (job: JobContext) => unknown;

/** What the jobs of one command have in common. */
export interface Task {
  /** A job ends in the turn in which it begins. */
  readonly brief: boolean;
  /**
   * Checks a returned value against the contract.
   * @throws SignalboxError `bad_result`
   */
  resultOf(value: unknown): unknown;
  /**
   * Checks a record against the contract.
   * @returns it, and the bytes that it takes in a message.
   * @throws SignalboxError `bad_result`; `bad_usage` if the contract declares no records.
   */
  recordOf?(value: unknown): { readonly value: unknown; readonly bytes: number };
}

/** What a job runs with. */
export interface Run {
  readonly task: Task;
  readonly work: Work;
  readonly timeoutMs: number | undefined;
  readonly traceparent: string | undefined;
}

/** Made once for each command of a client. */
export function taskOf({ contract, brief = false }: Pick<Implementation, 'contract' | 'brief'>): Task {
  return {
    brief,
    resultOf(value) {
      const parsed = contract.result.safeParse(value);
      if (!parsed.success) {
        throw new SignalboxError('bad_result', `${contract.name} returned what its contract does not allow`);
      }
      checkSendable(parsed.data);
      return parsed.data;
    },
    recordOf(value) {
      if (!contract.records) throw new SignalboxError('bad_usage', `the contract of ${contract.name} has no records`);
      const parsed = contract.records.safeParse(value);
      if (!parsed.success) {
        throw new SignalboxError('bad_result', `${contract.name} emitted a record that its contract does not allow`);
      }
      return { value: parsed.data, bytes: bytesOf(parsed.data, 'record') };
    },
  };
}

/**
 * Small results pass without being encoded.
 * @throws SignalboxError `bad_result` if it exceeds `maxResultBytes` or cannot be encoded.
 */
function checkSendable(result: unknown): void {
  if (typeof result === 'number' || typeof result === 'boolean') return;
  bytesOf(result, 'result');
}

/** @throws SignalboxError `bad_result` if it exceeds `maxResultBytes` or cannot be encoded. */
function bytesOf(value: unknown, what: 'result' | 'record'): number {
  let bytes = Number.POSITIVE_INFINITY;
  try {
    bytes = sizeOf(value);
  } catch (cause) {
    const { code, message } = SignalboxError.from(cause, 'internal');
    // This code means that it exceeds even the limit for a message.
    if (code !== 'message_too_large') throw new SignalboxError('bad_result', `the ${what} cannot be sent: ${message}`);
  }
  if (bytes <= limits.maxResultBytes) return bytes;
  throw new SignalboxError('bad_result', `the ${what} is over ${limits.maxResultBytes} bytes; send much as output`);
}
