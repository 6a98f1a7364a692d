import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** Reachable memory, in MiB, after a collection. */
export function reachableMiB(): number {
  // Twice: the second collection releases the memory outside the heap that the first one found dead.
  if (typeof collect === 'function') for (let times = 0; times < 2; times += 1) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}
