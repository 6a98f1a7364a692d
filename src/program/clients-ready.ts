import { SignalboxError } from '../../schemas/errors.ts';
import type { JobService } from '../plugin/job-service.ts';
import { startTimer } from '../process/timer.ts';
import { noticeMs } from '../shell/note-absent.ts';
import { formatTime } from '../shell/parse/time.ts';
import { startTimeout } from '../timer.ts';

/** Number of connected clients. */
export async function connectedCount(service: Pick<JobService, 'clients'>): Promise<number> {
  const clients = await service.clients();
  return clients.filter(({ state }) => state !== 'offline').length;
}

interface Wanted {
  readonly count: number;
  readonly timeoutMs: number;
  /** Called once, after 3 s, with what it waits for. */
  readonly onWait: (text: string) => void;
}

/**
 * Waits until `count` clients are connected, before the first command of a script.
 * @param halt ends the wait without an error.
 * @throws SignalboxError `timed_out`
 */
export async function clientsReady(
  service: Pick<JobService, 'clients' | 'endpoint' | 'waitForClients'>,
  { count, timeoutMs, onWait }: Wanted,
  halt: AbortSignal,
): Promise<void> {
  if (count === 0) return;
  using timeUp = startTimeout(timeoutMs);
  const untilMs = Date.now() + timeoutMs;
  const note = async () => {
    const connected = await connectedCount(service);
    onWait(
      `waiting for ${count} ${count === 1 ? 'client' : 'clients'} until ${formatTime(untilMs)}; connected: ${connected}`,
    );
  };
  using _ = startTimer(noticeMs, () => void note().catch(() => {}));
  try {
    await service.waitForClients(count, { signal: AbortSignal.any([halt, timeUp.signal]) });
  } catch (error) {
    if (halt.aborted) return;
    if (!timeUp.signal.aborted) throw error;
    const here = `${await connectedCount(service)} of ${count} clients`;
    throw new SignalboxError('timed_out', `${here} had connected to ${service.endpoint} after ${timeoutMs / 1_000} s`);
  }
}
