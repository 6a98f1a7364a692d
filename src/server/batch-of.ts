import { SignalboxError } from '../../schemas/index.ts';
import type { BatchState } from '../jobs/batch.ts';
import type { SendOptions, Share } from '../plugin/send-options.ts';

const maxClients = 1_000_000;

/** @throws SignalboxError `bad_arguments`, `bad_usage` */
export function checkBatch({ batch, maxFailures }: SendOptions): void {
  if (batch !== undefined && !isShare(batch, 1)) throw noShare('batch', batch, 1);
  if (maxFailures === undefined) return;
  if (!isShare(maxFailures, 0)) throw noShare('maxFailures', maxFailures, 0);
  if (batch !== undefined) return;
  throw new SignalboxError('bad_usage', 'maxFailures needs batch; without batch everything is sent at once');
}

/** @param clients number of clients of the submission. */
export function batchOf({ batch, maxFailures }: SendOptions, clients: number): BatchState | undefined {
  if (batch === undefined) return undefined;
  const size = Math.max(1, countOf(batch, clients));
  return { size, maxFailures: maxFailures === undefined ? undefined : countOf(maxFailures, clients), failures: 0 };
}

const countOf = (share: Share, clients: number): number =>
  typeof share === 'number' ? share : Math.floor((clients * Number.parseInt(share, 10)) / 100);

function isShare(share: unknown, least: number): boolean {
  if (typeof share === 'number') return Number.isInteger(share) && share >= least && share <= maxClients;
  const percent = typeof share === 'string' && /^\d{1,3}%$/.test(share) ? Number.parseInt(share, 10) : -1;
  return percent >= least && percent <= 100;
}

const noShare = (name: string, share: unknown, least: number): SignalboxError =>
  new SignalboxError(
    'bad_arguments',
    `${name} must be a whole number from ${least}, or ${least}% to 100%, not ${share}`,
  );
