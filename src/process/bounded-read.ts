import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from './system-error.ts';

/** Node reads files on four threads: more open at a time would cost descriptors and win nothing. */
const maxOpen = 6;
const waiting: (() => void)[] = [];
let open = 0;

/** Runs a read of /proc or of a cgroup when fewer than `maxOpen` are under way, however many jobs are looked at. */
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

/** Repeats a read that failed for want of descriptors or memory, for a second at most. @throws what the last one met. */
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

/** Whether the system had no descriptor, memory or process left: nothing else is known then. */
export const isShortage = (error: unknown): boolean => shortages.includes(systemCode(error) ?? '');
