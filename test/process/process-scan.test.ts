import { type ChildProcess, spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { scanProcesses } from '../../src/process/process-scan.ts';

test('a process that starts during a scan is found by the same scan', async () => {
  let child: ChildProcess | undefined;
  const { processes, complete } = await scanProcesses(() => {
    child ??= spawn('sleep', ['600'], { stdio: 'ignore' });
    return false;
  });
  onTestFinished(() => void child?.kill());
  expect(processes.map(({ pid }) => pid)).toContain(child?.pid);
  expect(complete).toBe(true);
});
