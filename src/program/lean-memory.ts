import { setFlagsFromString } from 'node:v8';

/**
 * Until the client is connected, V8 optimises for memory, not speed. Otherwise the young generation grows to 10 MB while
 * modules are loaded, and keeps that size.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size');
}

/**
 * At work, that would cost a third more processor time. Instead the young generation keeps its size, because objects of
 * commands are short-lived, and old garbage is collected when the heap has grown by 25 %.
 */
export function boundHeapGrowth(): void {
  for (const flag of ['--no-optimize-for-size', '--semi-space-growth-factor=1', '--heap-growing-percent=25']) {
    setFlagsFromString(flag);
  }
}
