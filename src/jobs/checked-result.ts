import type { CommandContract, FromClient, Message } from '../../schemas/index.ts';
import { type Settlement, settlementFor } from './settlement.ts';

/** The settlement for a client's `result`. A result that does not match its contract fails the job. */
export function checkedResult(
  { outcome, result, error, durationMs }: Message<FromClient, 'result'>,
  contract: CommandContract | undefined,
): Settlement {
  const parsed = contract?.result.safeParse(result);
  if (outcome !== 'completed') {
    // Details of the failure, if there are any.
    const facts = parsed?.success && result !== undefined && { result: parsed.data };
    return { outcome, ...facts, ...(error && { error }), durationMs };
  }
  if (!contract || !parsed) return { outcome, result, durationMs };
  if (parsed.success) return { outcome, result: parsed.data, durationMs };
  const text = `the result does not match the contract of ${contract.name}`;
  return { ...settlementFor('failed', 'bad_result', text), durationMs };
}

/** The settlement for a `rejected` message. */
export function rejection({ error }: Message<FromClient, 'rejected'>): Settlement {
  return { outcome: 'rejected', error, durationMs: 0 };
}
