import type { Settlement } from '../jobs/settlement.ts';
import type { JobHandle, JobOutcome } from './job-group.ts';

/** How a job ended, as its handle returns it. */
export function outcomeOf(
  { id, client, place, command }: Pick<JobHandle, 'id' | 'client' | 'place' | 'command'>,
  settlement: Settlement,
): JobOutcome {
  const { outcome, result, error, durationMs, lostOutput, outputError } = settlement;
  // Taken by almost all outcomes: without spreads, which would cost more than the rest of the function.
  if (outcome === 'completed' && !lostOutput && place === undefined)
    return { id, client, command, durationMs, outcome, result };
  const loss = { ...(lostOutput && { lostOutput }), ...(outputError !== undefined && { outputError }) };
  const ended = { id, client, ...(place !== undefined && { place }), command, durationMs, ...loss };
  if (outcome === 'completed') return { ...ended, outcome, result };
  const why = error ?? { code: 'internal' as const, message: 'the client gave no reason' };
  return { ...ended, outcome, error: why, ...(result !== undefined && { result }) };
}
