import { setTimeout as passing } from 'node:timers/promises';

const everyMs = 25;

/** Resolves when `holds()`. What it asks about spans processes that come and go, so it is asked again and again. */
export async function until(what: string, holds: () => boolean, timeoutMs: number): Promise<void> {
  const untilMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > untilMs) throw new Error(`not in ${timeoutMs} ms: ${what}`);
    await passing(everyMs);
  }
}
