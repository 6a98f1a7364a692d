import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** What is reachable, in MiB, after a collection. */
export function reachableMiB(): number {
  // Twice: what the first one finds dead outside the heap is given back by the second.
  if (typeof collect === 'function') for (let times = 0; times < 2; times += 1) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}
