import type { CommandContract, FromClient, Message } from '../../schemas/index.ts';
import { type Settlement, settlementFor } from './settlement.ts';

/** What a client says of how a job ended. A result that does not fit the contract of its command is none. */
export function checkedResult(
  { outcome, result, error, durationMs }: Message<FromClient, 'result'>,
  contract: CommandContract | undefined,
): Settlement {
  const parsed = contract?.result.safeParse(result);
  if (outcome !== 'completed') {
    // Facts of how it ended, where there are some.
    const facts = parsed?.success && result !== undefined && { result: parsed.data };
    return { outcome, ...facts, ...(error && { error }), durationMs };
  }
  if (!contract || !parsed) return { outcome, result, durationMs };
  if (parsed.success) return { outcome, result: parsed.data, durationMs };
  const text = `the result does not fit the contract of ${contract.name}`;
  return { ...settlementFor('failed', 'bad_result', text), durationMs };
}

/** With the code `lost` it had been taken before, and another server knows how it ended. */
export function rejection({ error }: Message<FromClient, 'rejected'>): Settlement {
  return error.code === 'lost' ? { outcome: 'lost', error } : { outcome: 'rejected', error, durationMs: 0 };
}
