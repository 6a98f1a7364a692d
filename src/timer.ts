import { startTimer } from './process/timer.ts';

/** Resolves after `ms`, which may exceed the maximum of `setTimeout`, or when `signal` aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  using timeUp = startTimeout(ms);
  const either = AbortSignal.any([signal, timeUp.signal]);
  if (!either.aborted) await new Promise((resolve) => either.addEventListener('abort', resolve, { once: true }));
}

/** Returns a signal that aborts after `ms`, which may exceed the maximum of `setTimeout`. */
export function startTimeout(ms: number): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const timer = startTimer(ms, () => controller.abort());
  return { signal: controller.signal, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
