import {
  type Containment,
  type Look,
  type ProcessGroup,
  signalLeader,
  type Usage,
  unknownUsage,
} from './containment.ts';
import { startTimeOfChild } from './proc.ts';
import type { SeenProcess } from './process-scan.ts';
import { nextScan } from './shared-scan.ts';

/** A job without a cgroup: processes of the leader's session or group, and those that carry the job's mark. */
export class MarkedGroup implements ProcessGroup {
  readonly containment: Containment;
  readonly entrances: readonly string[] = [];
  leader: number | undefined;
  leaderEnded = false;
  private readonly id: string;
  private startTime = 0;
  /** A process remains a member until it is seen to be gone, even if it erases its environment. */
  private found = new Map<number, SeenProcess>();

  constructor(id: string, reason: string) {
    this.containment = { kind: 'none', reason };
    this.id = id;
  }

  started(leader: number): void {
    this.leader = leader;
    this.startTime = startTimeOfChild(leader);
  }

  async look(): Promise<Look> {
    const { leader, startTime } = this;
    const { processes, complete } = await nextScan({ leader, startTime });
    // The pid may be reused once the whole session has ended.
    const isReused = processes.some(
      ({ pid, startTime: its }) => pid === leader && startTime !== 0 && its !== startTime,
    );
    const isOurs = (seen: SeenProcess) =>
      this.found.get(seen.pid)?.startTime === seen.startTime ||
      seen.job === this.id ||
      (!isReused && (seen.session === leader || seen.processGroup === leader));
    const members = new Map(processes.filter(isOurs).map((seen) => [seen.pid, seen]));
    if (!complete) {
      const others = new Set(processes.map(({ pid }) => pid));
      for (const [pid, before] of this.found) if (!others.has(pid)) members.set(pid, before);
    }
    this.found = members;
    return { members: [...members.values()], complete };
  }

  kill(): Promise<void> {
    signalLeader(this, 'SIGKILL');
    return Promise.resolve();
  }

  usage(): Promise<Usage> {
    return Promise.resolve(unknownUsage);
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }
}
