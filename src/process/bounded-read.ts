import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from './system-error.ts';

/** Node reads files on four threads, so more open files would cost descriptors and gain nothing. */
const maxOpen = 6;
const waiting: (() => void)[] = [];
let open = 0;

/** Runs a read of /proc or of a cgroup, at most `maxOpen` at a time over all jobs. */
export async function bounded<T>(read: () => Promise<T>): Promise<T> {
  if (open < maxOpen) open += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await read();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else open -= 1;
  }
}

const retryMs = 20;
const maxTries = 50;

/** Retries a read that failed for lack of descriptors or memory, for at most a second. @throws the last error. */
export async function patient<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read();
    } catch (error) {
      if (!isShortage(error) || tries >= maxTries) throw error;
    }
    await sleep(retryMs);
  }
}

const shortages = ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'];

/** Whether the system ran out of descriptors, memory or processes. The error has no other code for this. */
export const isShortage = (error: unknown): boolean => shortages.includes(systemCode(error) ?? '');
