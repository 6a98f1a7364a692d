import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// Linux tells of processes in /proc (proc(5)).
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const firstNumber = (text: string | undefined): number => Number(text?.match(/\d+/)?.[0]);

/** Processor time that a process has used since its start, in user and system mode. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold anything; utime and stime are fields 14 and 15, the name is field 2.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Memory of a process that is in RAM, in bytes. */
export function residentBytes(pid: number): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .find((text) => text.startsWith('VmRSS:'));
  return firstNumber(line) * 1_024;
}

/** Processor time of the whole machine, in seconds: what all processors did, and what they could have done. */
export function machineSeconds(): { busy: number; total: number } {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, steal = 0] = first
    .split(/ +/)
    .slice(1)
    .map((ticks) => Number(ticks) / ticksPerSecond);
  const busy = user + nice + system + irq + softIrq + steal;
  return { busy, total: busy + idle + wait };
}
