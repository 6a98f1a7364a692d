import { monotonicMs } from './clock.ts';

/** Node's timers fire immediately from 2^31 ms on, and long ones drift. */
const maxDelayMs = 86_400_000;

/** Calls `onEnd` once after any number of ms. Disposing the result cancels it. */
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
