import type { FromClient, Message } from '../../schemas/index.ts';
import type { Job } from './job.ts';
import type { MessageId } from './job-output.ts';

/** How a held job is listed to a server when a session begins. */
export function listingOf(job: Job, id: MessageId): Message<FromClient, 'job'> {
  const { command, settled, offsets, taken, records, recordsTaken } = job;
  return {
    type: 'job',
    id,
    command,
    state: settled ? 'settled' : 'running',
    offsets,
    taken,
    ...(settled && { outcome: settled.outcome }),
    ...(records > 0 && { records }),
    ...(recordsTaken > 0 && { recordsTaken }),
    ...(job.standing && { standing: true as const }),
    ...(job.takenUp && { takenUp: true as const }),
  };
}
