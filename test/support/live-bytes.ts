import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** What lives in this process, in bytes, buffers included. */
export async function liveBytes(): Promise<number> {
  // Buffers that nobody has any more are given back after a collection, and finalizers run in a turn of their own.
  for (let times = 0; times < 3; times += 1) {
    collect();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
