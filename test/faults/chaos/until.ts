import { setTimeout as passing } from 'node:timers/promises';

const everyMs = 25;

/** Resolves when `holds()`. Its condition spans processes that start and end, so it polls. */
export async function until(what: string, holds: () => boolean, timeoutMs: number): Promise<void> {
  const untilMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > untilMs) throw new Error(`not in ${timeoutMs} ms: ${what}`);
    await passing(everyMs);
  }
}
