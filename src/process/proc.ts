import { readdir, readFile } from 'node:fs/promises';

/** What /proc/PID/stat tells (proc_pid_stat(5)). */
export interface ProcStat {
  readonly state: string;
  readonly processGroup: number;
  readonly session: number;
  /** In clock ticks since the system started: with it a number stands for one process for ever. */
  readonly startTime: number;
}

export async function allPids(): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** undefined where there is no such process. */
export async function readStat(pid: number): Promise<ProcStat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  // The name of the program stands in parentheses and may hold anything.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state = '', , group, session] = fields;
  const [processGroup, startTime] = [Number(group), Number(fields[19])];
  return text === undefined ? undefined : { state, processGroup, session: Number(session), startTime };
}

/** A zombie has ended and only waits to be asked how. */
export const isAlive = (stat: ProcStat | undefined): boolean => stat !== undefined && !/[ZX]/.test(stat.state);

/** Whether the environment that a process was started with has this text at the start of a variable. */
export async function hasVariable(pid: number, start: string): Promise<boolean> {
  const environ = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return environ.startsWith(start) || environ.includes(`\0${start}`);
}

/** Sends a signal. A process that is gone, or not ours to signal, is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {}
}
