import { readdirSync, readFileSync } from 'node:fs';
import { childSeconds, cpuSeconds } from '../../support/process-stat.ts';

/** A process and all its running descendants. */
export function treeOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? read(`/proc/${entry}/stat`) : '';
    // After the name, which may hold anything, come the state and the parent.
    if (stat !== '') parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** Processor time of a tree since its start, including ended descendants that were waited for. */
export const treeSeconds = (root: number): number =>
  treeOf(root).reduce((sum, pid) => sum + cpuSeconds(pid) + childSeconds(pid), 0);

/** Memory of a tree; a page that n processes share counts as 1/n. */
export const treePssBytes = (root: number): number =>
  treeOf(root).reduce((sum, pid) => {
    const [, kib = '0'] = /^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`)) ?? [];
    return sum + Number(kib) * 1_024;
  }, 0);

/** Zero for a process that has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
