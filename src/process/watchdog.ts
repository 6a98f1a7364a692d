// Started by guard.ts, one for each process that starts jobs. Waits until the pipe on its standard input ends, which is
// when that process is gone, SIGKILL included; then kills what the jobs left and removes their cgroups.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pidsBelow, removeBelow, writeControl } from './cgroup-files.ts';
import type { Guarded } from './guard.ts';
import { isOurs } from './marked-group.ts';
import { allPids, isAlive, readStat, sendSignal } from './proc.ts';

const rounds = 200;
const roundMs = 20;

// Whoever stops a whole service tells this process too; it ends when the one it watches has.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => {});

const { mark, tracker, folders }: Guarded = JSON.parse(process.argv[2] ?? '{}');
const leaders = new Set<number>();
for await (const line of createInterface({ input: process.stdin })) {
  const leader = Number(line.slice(1));
  if (line.startsWith('+')) leaders.add(leader);
  else leaders.delete(leader);
}

for (let round = 0; round < rounds; round += 1) {
  if (tracker !== undefined) await writeControl(tracker, 'cgroup.kill', 1).catch(() => {});
  const left = await stillHere();
  if (left.length === 0) break;
  for (const pid of left) sendSignal(pid, 'SIGKILL');
  await sleep(roundMs);
}
for (const folder of folders) await removeBelow(folder);

async function stillHere(): Promise<number[]> {
  const grouped = tracker === undefined ? [] : await pidsBelow(tracker);
  const pids = [...new Set([...grouped, ...(await allPids())])];
  const ours = await Promise.all(pids.map((pid) => isToEnd(pid, grouped.includes(pid))));
  return pids.filter((_, index) => ours[index]);
}

async function isToEnd(pid: number, isGrouped: boolean): Promise<boolean> {
  if (isGrouped) return isAlive(await readStat(pid));
  for (const leader of leaders) if (await isOurs(pid, leader, mark)) return true;
  return isOurs(pid, undefined, mark);
}
