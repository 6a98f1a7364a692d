import type Docker from 'dockerode';
import { isAway, untilThere } from './engine-away.ts';

/**
 * Repeats a call until the engine answers.
 * @param onAway called with true when the engine does not answer, and with false when it answers again
 * @throws the error that the engine returns; AbortError when `signal` aborts
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
