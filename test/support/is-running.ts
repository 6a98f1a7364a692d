import { readFileSync } from 'node:fs';

/** Whether a process runs: one that has ended and that nobody has waited for does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
