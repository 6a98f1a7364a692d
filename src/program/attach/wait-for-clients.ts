import { SignalboxError } from '../../../schemas/errors.ts';
import type { JobService } from '../../plugin/job-service.ts';
import { startTimeout } from '../../timer.ts';
import type { AttachOptions } from './attach-options.ts';

/** Waits for the clients that `--wait-clients` asks for. @throws SignalboxError `timed_out` */
export async function waitForClients(
  service: JobService,
  { waitClients: count = 0, connectTimeout: timeoutMs }: AttachOptions,
  halt: AbortSignal,
): Promise<void> {
  if (count === 0) return;
  using timeUp = startTimeout(timeoutMs);
  try {
    await service.waitForClients(count, { signal: AbortSignal.any([halt, timeUp.signal]) });
  } catch (error) {
    if (halt.aborted) return;
    if (!timeUp.signal.aborted) throw error;
    const clients = await service.clients();
    const here = clients.filter(({ state }) => state !== 'offline').length;
    throw new SignalboxError('timed_out', `${here} of ${count} clients were connected after ${timeoutMs / 1_000} s`);
  }
}
