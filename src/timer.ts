import { startTimer } from './process/timer.ts';

/** Resolves after any number of ms, or when `signal` aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  using timeUp = startTimeout(ms);
  const either = AbortSignal.any([signal, timeUp.signal]);
  if (!either.aborted) await new Promise((resolve) => either.addEventListener('abort', resolve, { once: true }));
}

/** Its signal aborts after any number of ms. */
export function startTimeout(ms: number): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const timer = startTimer(ms, () => controller.abort());
  return { signal: controller.signal, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
