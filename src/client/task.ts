import { limits, SignalboxError } from '../../schemas/index.ts';
import type { Implementation, JobContext } from '../plugin/implement.ts';
import { sizeOf } from '../wire/encode-frame.ts';

/** The work of a job, with checked arguments. */
export type Work = (job: JobContext) => unknown;

/** Shared by the jobs of one command. */
export interface Task {
  /** Its jobs usually end in the turn in which they begin. */
  readonly brief: boolean;
  /**
   * Checks a returned value against the contract.
   * @throws SignalboxError `bad_result`
   */
  resultOf(value: unknown): unknown;
  /**
   * Checks a record against the contract.
   * @returns the record and its encoded size in bytes.
   * @throws SignalboxError `bad_result`; `bad_usage` if the contract declares no records.
   */
  recordOf?(value: unknown): { readonly value: unknown; readonly bytes: number };
}

/** What is needed to run a job. */
export interface Run {
  readonly task: Task;
  readonly work: Work;
  readonly timeoutMs: number | undefined;
  readonly traceparent: string | undefined;
}

/** Called once per command of a client. */
export function taskOf({ contract, brief = false }: Pick<Implementation, 'contract' | 'brief'>): Task {
  return {
    brief,
    resultOf(value) {
      const parsed = contract.result.safeParse(value);
      if (!parsed.success) {
        throw new SignalboxError('bad_result', `the result of ${contract.name} does not match its contract`);
      }
      checkSendable(parsed.data);
      return parsed.data;
    },
    recordOf(value) {
      if (!contract.records) throw new SignalboxError('bad_usage', `the contract of ${contract.name} has no records`);
      const parsed = contract.records.safeParse(value);
      if (!parsed.success) {
        throw new SignalboxError('bad_result', `a record of ${contract.name} does not match its contract`);
      }
      return { value: parsed.data, bytes: bytesOf(parsed.data, 'record') };
    },
  };
}

/**
 * Checks that a result can be sent. Small results are not encoded for this.
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
    // This code means that it exceeds even the limit of a message.
    if (code !== 'message_too_large') throw new SignalboxError('bad_result', `the ${what} cannot be sent: ${message}`);
  }
  if (bytes <= limits.maxResultBytes) return bytes;
  throw new SignalboxError(
    'bad_result',
    `the ${what} exceeds ${limits.maxResultBytes} bytes; send large data as output`,
  );
}
