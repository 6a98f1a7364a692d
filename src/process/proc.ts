import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { bounded } from './bounded-read.ts';
import { systemCode } from './system-error.ts';

/** What /proc/PID/stat tells (proc_pid_stat(5)). */
export interface ProcStat {
  readonly pid: number;
  /** Name of its program, at most 15 bytes. */
  readonly name: string;
  readonly state: string;
  readonly processGroup: number;
  readonly session: number;
  /** In clock ticks since the system started: together with the pid it identifies a process. */
  readonly startTime: number;
}

/** @throws what the system met; then nothing is known. */
export async function allPids(): Promise<number[]> {
  const names = await bounded(() => readdir('/proc'));
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/**
 * Looks at one process.
 * @returns undefined where it does not exist.
 * @throws any error but ENOENT and ESRCH; then nothing is known of it.
 */
export async function readStat(pid: number): Promise<ProcStat | undefined> {
  try {
    return parseStat(await bounded(() => readFile(`/proc/${pid}/stat`, 'utf8')));
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** When a child of this process started, read at once, before its end can be reaped; 0 where that fails. */
export function startTimeOfChild(pid: number): number {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).startTime;
  } catch {
    return 0;
  }
}

/** The name of the program stands in parentheses and may hold anything. */
function parseStat(text: string): ProcStat {
  const nameEnd = text.lastIndexOf(')');
  const [state = '', , processGroup, session, ...rest] = text.slice(nameEnd + 2).split(' ');
  return {
    pid: Number.parseInt(text, 10),
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    state,
    processGroup: Number(processGroup),
    session: Number(session),
    startTime: Number(rest[15]),
  };
}

/** A zombie has ended and only waits to be reaped. */
export const isAlive = ({ state }: ProcStat): boolean => !/[ZX]/.test(state);

/**
 * The variables that a process was started with, as NAME=VALUE. None where it has gone, and where it belongs to somebody
 * else or hides them (EACCES): then it is not seen as part of a job.
 * @throws any other error; then nothing is known of it.
 */
export async function readEnvironment(pid: number): Promise<string[]> {
  try {
    return (await bounded(() => readFile(`/proc/${pid}/environ`, 'latin1'))).split('\0');
  } catch (error) {
    if (isGone(error) || ['EACCES', 'EPERM'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}

const isGone = (error: unknown): boolean => ['ENOENT', 'ESRCH'].includes(systemCode(error) ?? '');

/** Sends a signal. A process that is gone, or not ours to signal, is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {}
}
