import { join } from 'node:path';
import { makeGroup, pidsBelow, readField, readNumber, removeBelow, writeControl } from './cgroup-files.ts';
import { type CgroupWorkspace, type Controller, jobFolder } from './cgroup-workspace.ts';
import { type Containment, type Look, type ProcessGroup, signalLeader, type Usage } from './containment.ts';
import { isAlive, readStat } from './proc.ts';

/** The processes of a job in its cgroups. */
export class CgroupGroup implements ProcessGroup {
  readonly containment: Containment;
  readonly entrances: readonly string[];
  leader: number | undefined;
  leaderEnded = false;
  private readonly tracker: string;
  private readonly folders: readonly string[];
  private readonly memory: { folder: string; version: 1 | 2 } | undefined;
  private readonly cpuacct: string | undefined;

  private constructor(workspace: CgroupWorkspace, id: string, limited: readonly Controller[]) {
    const own = (folder: string) => jobFolder(folder, id);
    const { memory } = workspace.controllers;
    // Each group that is entered slows the start. Memory is always entered, for its statistics; others only for their
    // limits.
    const needed = (['memory', ...limited] as const).flatMap((name) => {
      const found = workspace.controllers[name];
      return 'folder' in found ? [found.folder] : [];
    });
    this.containment = workspace.containment;
    this.tracker = own(workspace.tracker);
    const folders = [workspace.tracker, ...(workspace.cpuacct === undefined ? [] : [workspace.cpuacct]), ...needed];
    this.folders = [...new Set(folders)].map(own);
    this.entrances = this.folders.map((folder) => join(folder, 'cgroup.procs'));
    this.memory = 'folder' in memory ? { ...memory, folder: own(memory.folder) } : undefined;
    this.cpuacct = workspace.cpuacct === undefined ? undefined : own(workspace.cpuacct);
  }

  /** Creates the groups of one job; an error leaves none behind. */
  static async create(workspace: CgroupWorkspace, id: string, limited: readonly Controller[]): Promise<CgroupGroup> {
    const group = new CgroupGroup(workspace, id, limited);
    const made = await Promise.allSettled(group.folders.map(makeGroup));
    const failed = made.find((one) => one.status === 'rejected');
    if (failed) {
      await group.remove();
      throw failed.reason;
    }
    return group;
  }

  started(leader: number): void {
    this.leader = leader;
  }

  async look(): Promise<Look> {
    const found = await pidsBelow(this.tracker).catch(() => undefined);
    const pids = new Set(found ?? []);
    // A privileged program can also leave its cgroup.
    if (this.leader !== undefined && !this.leaderEnded) pids.add(this.leader);
    const stats = await Promise.allSettled([...pids].map(readStat));
    return {
      members: stats.flatMap((stat) =>
        stat.status === 'fulfilled' && stat.value && isAlive(stat.value) ? stat.value : [],
      ),
      complete: found !== undefined && stats.every(({ status }) => status === 'fulfilled'),
    };
  }

  async kill(): Promise<void> {
    if (this.containment.kind === 'cgroup-v2') await writeControl(this.tracker, 'cgroup.kill', 1).catch(() => {});
    signalLeader(this, 'SIGKILL');
  }

  async usage(): Promise<Usage> {
    const { memory, tracker, cpuacct } = this;
    const microseconds = await readField(tracker, 'cpu.stat', 'usage_usec');
    const nanoseconds = microseconds === null && cpuacct ? await readNumber(cpuacct, 'cpuacct.usage') : null;
    const cpuMs = microseconds !== null ? microseconds / 1e3 : nanoseconds !== null ? nanoseconds / 1e6 : null;
    if (!memory) return { cpuMs, peakMemoryBytes: null, outOfMemory: false };
    const { folder, version } = memory;
    const peak = version === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes';
    const killed = await readField(folder, version === 2 ? 'memory.events' : 'memory.oom_control', 'oom_kill');
    return { cpuMs, peakMemoryBytes: await readNumber(folder, peak), outOfMemory: (killed ?? 0) > 0 };
  }

  async remove(): Promise<void> {
    await Promise.all(this.folders.map(removeBelow));
  }
}

/** Sets one limit of a job before it starts. */
export async function setCgroupLimit(
  workspace: CgroupWorkspace,
  id: string,
  controller: Controller,
  value: number,
): Promise<'cgroup-v1' | 'cgroup-v2'> {
  const found = workspace.controllers[controller];
  if ('unavailable' in found) throw new Error(found.unavailable);
  const folder = jobFolder(found.folder, id);
  for (const [file, text, optional] of limitFiles[controller](value, found.version)) {
    const written = writeControl(folder, file, text);
    await (optional ? written.catch(() => {}) : written);
  }
  return `cgroup-v${found.version}`;
}

type LimitFile = readonly [file: string, value: string | number, optional?: true];

const cpuPeriodUs = 100_000;
/** The kernel's least quota (min_cfs_quota_period). */
const leastQuotaUs = 1_000;
const quotaUs = (cpus: number) => Math.max(leastQuotaUs, Math.round(cpus * cpuPeriodUs));

/** Also limits swap, which would bypass the limit. Without swap the file is missing. */
const limitFiles: Record<Controller, (value: number, version: 1 | 2) => readonly LimitFile[]> = {
  memory: (bytes, version) =>
    version === 2
      ? [
          ['memory.max', bytes],
          ['memory.swap.max', 0, true],
          // If the kernel kills a process for memory, it kills the whole job: half a job is useless.
          ['memory.oom.group', 1, true],
        ]
      : [
          ['memory.limit_in_bytes', bytes],
          ['memory.memsw.limit_in_bytes', bytes, true],
        ],
  cpu: (cpus, version) =>
    version === 2
      ? [['cpu.max', `${quotaUs(cpus)} ${cpuPeriodUs}`]]
      : [
          ['cpu.cfs_period_us', cpuPeriodUs],
          ['cpu.cfs_quota_us', quotaUs(cpus)],
        ],
  pids: (count) => [['pids.max', count]],
};

export const controllerOf = { memoryBytes: 'memory', cpus: 'cpu', pids: 'pids' } as const satisfies Record<
  string,
  Controller
>;
