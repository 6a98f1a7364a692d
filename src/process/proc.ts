import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { bounded } from './bounded-read.ts';
import { systemCode } from './system-error.ts';

/** Fields of /proc/PID/stat (proc_pid_stat(5)). */
export interface ProcStat {
  readonly pid: number;
  /** Name of its program, at most 15 bytes. */
  readonly name: string;
  readonly state: string;
  readonly processGroup: number;
  readonly session: number;
  /** In clock ticks since boot; together with the pid it identifies a process. */
  readonly startTime: number;
}

/** @throws the system's error; nothing is known then. */
export async function allPids(): Promise<number[]> {
  const names = await bounded(() => readdir('/proc'));
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/**
 * Reads the state of one process.
 * @returns undefined if it does not exist.
 * @throws any error except ENOENT and ESRCH; nothing is known then.
 */
export async function readStat(pid: number): Promise<ProcStat | undefined> {
  try {
    return parseStat(await bounded(() => readFile(`/proc/${pid}/stat`, 'utf8')));
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Start time of a child of this process, read synchronously before it can be reaped; 0 on failure. */
export function startTimeOfChild(pid: number): number {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).startTime;
  } catch {
    return 0;
  }
}

/** The program name is in parentheses and may contain anything. */
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

/** A zombie has ended and waits only to be reaped. */
export const isAlive = ({ state }: ProcStat): boolean => !/[ZX]/.test(state);

/**
 * The environment that a process was started with, as NAME=VALUE. Empty if the process has gone, belongs to another
 * user or hides it (EACCES); it does not count as part of a job then.
 * @throws any other error; nothing is known then.
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

/** Sends a signal. Ignores processes that have gone or belong to another user. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {}
}
