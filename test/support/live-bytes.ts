import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** The live memory of this process, in bytes, buffers included. */
export async function liveBytes(): Promise<number> {
  // Unreferenced buffers are released after a collection, and finalizers run in a separate turn.
  for (let times = 0; times < 3; times += 1) {
    collect();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
