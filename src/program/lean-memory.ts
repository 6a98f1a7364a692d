import { setFlagsFromString } from 'node:v8';

/**
 * Until the first command V8 prefers little memory to speed: else the young generation grows to 10 MB while modules
 * are loaded, and keeps that.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size');
}

/**
 * At work that would cost a third more processor time. Instead the young generation stays at its size, and old garbage
 * is collected when the heap has grown by a tenth: the records of a client live too shortly for this to cost anything.
 * A server's live longer.
 */
export function boundHeapGrowth(): void {
  for (const flag of ['--no-optimize-for-size', '--semi-space-growth-factor=1', '--heap-growing-percent=10']) {
    setFlagsFromString(flag);
  }
}
