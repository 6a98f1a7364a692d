import { setFlagsFromString } from 'node:v8';

/**
 * Until the client is connected V8 prefers little memory to speed: else the young generation grows to 10 MB while modules
 * are loaded, and keeps that.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size');
}

/**
 * At work that would cost a third more processor time. Instead the young generation stays at its size, for nothing that a
 * command leaves lives long, and old garbage is collected when the heap has grown by a quarter.
 */
export function boundHeapGrowth(): void {
  for (const flag of ['--no-optimize-for-size', '--semi-space-growth-factor=1', '--heap-growing-percent=25']) {
    setFlagsFromString(flag);
  }
}
