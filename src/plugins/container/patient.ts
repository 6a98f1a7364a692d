import type Docker from 'dockerode';
import { isAway, untilThere } from './engine-away.ts';

/**
 * Repeats a call until the engine answers it.
 * @param onAway called when it does not
 * @throws Error of the engine's answer; AbortError when `signal` aborts
 */
export async function patient<T>(
  docker: Docker,
  signal: AbortSignal,
  call: () => Promise<T>,
  onAway: () => void = () => {},
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (!isAway(error)) throw error;
      onAway();
      await untilThere(docker, signal);
    }
  }
}
