import { type Containment, type ProcessGroup, type Usage, unknownUsage } from './containment.ts';
import { allPids, hasVariable, isAlive, readStat, sendSignal } from './proc.ts';

/** The variable that every process of a job inherits. */
export const jobVariable = 'SIGNALBOX_JOB';

/** Processes without a cgroup: those of the leader's session or group, and those that carry the job's mark. */
export class MarkedGroup implements ProcessGroup {
  readonly containment: Containment;
  readonly entrances: readonly string[] = [];
  leader: number | undefined;
  leaderEnded = false;
  private readonly mark: string;
  /** When those that were found have started, by pid: one that is about to end has no environment any more. */
  private readonly found = new Map<number, number>();

  constructor(id: string, reason: string) {
    this.containment = { kind: 'none', reason };
    this.mark = `${jobVariable}=${id}\0`;
  }

  async members(): Promise<number[]> {
    const pids = await allPids();
    const ours = await Promise.all(pids.map((pid) => this.isMember(pid)));
    return pids.filter((_, index) => ours[index]);
  }

  async kill(): Promise<void> {
    for (const pid of await this.members()) sendSignal(pid, 'SIGKILL');
  }

  usage(): Promise<Usage> {
    return Promise.resolve(unknownUsage);
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }

  private async isMember(pid: number): Promise<boolean> {
    const stat = await readStat(pid);
    if (!stat || !isAlive(stat)) return false;
    if (this.found.get(pid) === stat.startTime) return true;
    if (!(await isOurs(pid, this.leader, this.mark))) return false;
    this.found.set(pid, stat.startTime);
    return true;
  }
}

/** @param mark how a variable of its environment must begin; a NUL at the end makes it the whole variable. */
export async function isOurs(pid: number, leader: number | undefined, mark: string): Promise<boolean> {
  const stat = await readStat(pid);
  if (!isAlive(stat)) return false;
  if (leader !== undefined && (stat?.session === leader || stat?.processGroup === leader)) return true;
  return hasVariable(pid, mark);
}
