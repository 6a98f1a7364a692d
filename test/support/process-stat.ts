import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// Linux describes processes in /proc (proc(5)).
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const firstNumber = (text: string | undefined): number => Number(text?.match(/\d+/)?.[0]);

/** Processor time of a process since its start, in user and system mode. */
export const cpuSeconds = (pid: number): number => seconds(pid, 'utime', 'stime');

/** The same for its children that have ended and were waited for, and their children. */
export const childSeconds = (pid: number): number => seconds(pid, 'cutime', 'cstime');

/** Fields 14 to 17; the name, in parentheses, is field 2 and may contain anything. */
const times = { utime: 11, stime: 12, cutime: 13, cstime: 14 };

function seconds(pid: number, ...names: readonly (keyof typeof times)[]): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return names.reduce((sum, name) => sum + Number(fields[times[name]]), 0) / ticksPerSecond;
}

/** Memory of a process that is in RAM, in bytes. */
export function residentBytes(pid: number): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .find((text) => text.startsWith('VmRSS:'));
  return firstNumber(line) * 1_024;
}

/** Processor time of the whole machine, in seconds: the used time of all processors, and their total time. */
export function machineSeconds(): { busy: number; total: number } {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, steal = 0] = first
    .split(/ +/)
    .slice(1)
    .map((ticks) => Number(ticks) / ticksPerSecond);
  const busy = user + nice + system + irq + softIrq + steal;
  return { busy, total: busy + idle + wait };
}
