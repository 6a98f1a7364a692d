// Started by guard.ts for each process that starts jobs. Waits until the pipe on its standard input ends, that is,
// until that process has gone, also by SIGKILL; then kills what the jobs left and removes their cgroups.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pidsBelow, removeBelow, writeControl } from './cgroup-files.ts';
import type { WatchdogStart } from './guard.ts';
import { type ProcStat, sendSignal } from './proc.ts';
import { scanProcesses } from './process-scan.ts';

const rounds = 200;
const roundMs = 20;

// Ignore service-wide stop signals; exit after the watched process.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => {});

const { mark, tracker, folders, ...start }: WatchdogStart = JSON.parse(process.argv[2] ?? '{}');
const leaders = new Set(start.leaders);
for await (const line of createInterface({ input: process.stdin })) {
  const leader = Number(line.slice(1));
  if (line.startsWith('+')) leaders.add(leader);
  else leaders.delete(leader);
}

for (let round = 0; round < rounds; round += 1) {
  if (tracker !== undefined) await writeControl(tracker, 'cgroup.kill', 1).catch(() => {});
  const { pids, complete } = await stillHere();
  if (complete && pids.length === 0) break;
  for (const pid of pids) sendSignal(pid, 'SIGKILL');
  await sleep(roundMs);
}
for (const folder of folders) await removeBelow(folder);

async function stillHere(): Promise<{ pids: number[]; complete: boolean }> {
  const isLed = ({ session, processGroup }: ProcStat) => leaders.has(session) || leaders.has(processGroup);
  const { processes, complete } = await scanProcesses((stat) => !isLed(stat));
  const grouped = tracker === undefined ? [] : await pidsBelow(tracker).catch(() => undefined);
  const inGroup = new Set(grouped);
  const ours = processes.filter((one) => isLed(one) || inGroup.has(one.pid) || one.job?.startsWith(mark));
  return { pids: ours.map(({ pid }) => pid), complete: complete && grouped !== undefined };
}
