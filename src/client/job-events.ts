import type { ClientEvent } from './api.ts';
import type { JobsOptions } from './jobs.ts';

/** Reports each command to the host program, when it is accepted and when it is settled. */
export function jobEvents(onEvent: (event: ClientEvent) => void): Pick<JobsOptions, 'onBegan' | 'onEnded'> {
  return {
    onBegan: ({ id, command }) => onEvent({ type: 'began', id, command }),
    onEnded: ({ id, command }, settlement) => {
      const { outcome, error } = settlement;
      const took = 'durationMs' in settlement && { durationMs: settlement.durationMs };
      onEvent({ type: 'ended', id, command, outcome, ...(error && { code: error.code }), ...took });
    },
  };
}
