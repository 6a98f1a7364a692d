import type Docker from 'dockerode';
import { isAway, untilThere } from './engine-away.ts';

/**
 * Repeats a call until the engine answers it.
 * @param onAway called with true when it does not, and with false when it is there again
 * @throws Error of the engine's answer; AbortError when `signal` aborts
 */
export async function patient<T>(
  docker: Docker,
  signal: AbortSignal,
  call: () => Promise<T>,
  onAway: (isAway: boolean) => void = () => {},
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (!isAway(error)) throw error;
      onAway(true);
      await untilThere(docker, signal);
      onAway(false);
    }
  }
}
