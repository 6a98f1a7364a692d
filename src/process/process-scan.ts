import { allPids, isAlive, type ProcStat, readEnvironment, readStat } from './proc.ts';

/** The variable that every process of a job inherits. */
export const jobVariable = 'SIGNALBOX_JOB';

/** A living process, with `SIGNALBOX_JOB` from its environment if that was read. */
export interface SeenProcess extends ProcStat {
  readonly job: string | undefined;
}

export interface Scan {
  readonly processes: readonly SeenProcess[];
  /** False if some process could not be read, so missing ones may still run. */
  readonly complete: boolean;
}

/** Processes forked during one listing are in the next; a parent may end in between. */
const maxLists = 4;

/**
 * Scans all processes of this machine once.
 * @param wantsEnvironment whether to read the environment of this process too.
 */
export async function scanProcesses(wantsEnvironment: (stat: ProcStat) => boolean): Promise<Scan> {
  const processes: SeenProcess[] = [];
  const known = new Set<number>();
  let complete = true;
  const look = async (pid: number) => {
    const stat = await readStat(pid);
    if (!stat || !isAlive(stat)) return;
    processes.push({ ...stat, job: wantsEnvironment(stat) ? jobOf(await readEnvironment(pid)) : undefined });
  };
  for (let lists = 0; lists < maxLists; lists += 1) {
    const pids = (await allPids().catch(() => undefined))?.filter((pid) => !known.has(pid));
    if (!pids) return { processes, complete: false };
    if (pids.length === 0) break;
    for (const pid of pids) known.add(pid);
    const looks = await Promise.allSettled(pids.map(look));
    complete &&= looks.every(({ status }) => status === 'fulfilled');
  }
  return { processes, complete };
}

const prefix = `${jobVariable}=`;

const jobOf = (environment: readonly string[]): string | undefined =>
  environment.find((variable) => variable.startsWith(prefix))?.slice(prefix.length);
