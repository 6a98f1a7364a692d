import { monotonicMs } from './clock.ts';

/** Node's own timers fire at once from 2^31 ms on, and long ones drift. */
const maxDelayMs = 86_400_000;

/** Calls `onEnd` once, after any number of ms. Disposing of what is returned cancels that. */
export function startTimer(ms: number, onEnd: () => void): Disposable {
  const endsAtMs = monotonicMs() + ms;
  const arm = () => setTimeout(look, Math.min(Math.max(0, endsAtMs - monotonicMs()), maxDelayMs));
  const look = () => {
    if (monotonicMs() < endsAtMs) timer = arm();
    else onEnd();
  };
  let timer = arm();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
