import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { treeOf, treePssBytes, treeSeconds } from './programs/process-tree.ts';

test('a tree is a process and its descendants, with the processor time of those that have ended', async () => {
  const busy = "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'";
  const script = `${busy}; exec 3<&0; cat <&3 >/dev/null & echo ended; wait`;
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const pid = child.pid ?? Number.NaN;
  await once(child.stdout, 'data');
  expect(treeOf(pid)).toEqual([pid, expect.any(Number)]);
  expect(treeSeconds(pid)).toBeGreaterThan(0);
  expect(treePssBytes(pid)).toBeGreaterThan(0);
  child.stdin.end();
  await once(child, 'exit');
});
