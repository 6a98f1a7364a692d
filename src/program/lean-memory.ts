import { setFlagsFromString } from 'node:v8';

/**
 * Until the client is connected V8 prefers little memory to speed: else the young generation grows to 10 MB while modules
 * are loaded, and keeps that.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size');
}

/** At work the same would cost a third more processor time, and save nothing: what a command leaves is garbage soon. */
export function preferSpeed(): void {
  setFlagsFromString('--no-optimize-for-size');
}
