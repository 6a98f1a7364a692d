import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';

const firstMs = 50;
const mostMs = 1_000;

const away = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EAI_AGAIN',
  // Temporary: the connection queue of the engine is full, or this process or machine has too many open files.
  'EAGAIN',
  'EMFILE',
  'ENFILE',
]);

/** Statuses of a proxy whose engine is down. 503 is not included: an engine also uses it for other, lasting problems. */
const gateways = new Set([502, 504]);

/** Whether the engine did not answer, because it is down or ended during the call. */
export function isAway(error: unknown): boolean {
  if (gateways.has(statusOf(error) ?? 0)) return true;
  return error instanceof Error && 'code' in error && away.has(String(error.code));
}

/** The HTTP status of an error answer; undefined if there was no answer. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** Waits until the engine answers. @throws AbortError when `signal` aborts */
export async function untilThere(docker: Docker, signal: AbortSignal): Promise<void> {
  for (let ms = firstMs; ; ms = Math.min(mostMs, 2 * ms)) {
    await sleep(ms, undefined, { signal });
    try {
      await ping(docker, signal);
      return;
    } catch (error) {
      if (!isAway(error)) throw error;
    }
  }
}

function ping(docker: Docker, abortSignal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const statusCodes = { 200: true, 500: 'server error' };
    docker.modem.dial({ path: '/_ping', method: 'GET', abortSignal, statusCodes }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
