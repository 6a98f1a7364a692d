import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isShortage, patient } from './bounded-read.ts';
import { makeGroup, readControl, removeBelow, writeControl } from './cgroup-files.ts';
import { findOwnCgroups } from './cgroup-mounts.ts';
import type { Containment } from './containment.ts';
import { isLauncherHere, launcherNeeds } from './launcher.ts';
import { systemCode, wordsOf } from './system-error.ts';

export type Controller = 'memory' | 'cpu' | 'pids';
export const controllers: readonly Controller[] = ['memory', 'cpu', 'pids'];

/** Where the jobs of this process get their groups: one parent group in each hierarchy that permits it. */
export interface CgroupWorkspace {
  readonly containment: Containment;
  /** The group that tracks the processes of a job: v2 if available. */
  readonly tracker: string;
  /** Folder and version of each usable controller; for the others, why they are not usable. */
  readonly controllers: Readonly<Record<Controller, { folder: string; version: 1 | 2 } | { unavailable: string }>>;
  /** Processor time accounting of v1; v2 counts without a controller. */
  readonly cpuacct: string | undefined;
  /** All folders created, without duplicates. */
  readonly folders: readonly string[];
}

/**
 * Finds out by trying what is permitted here: creates a group in each hierarchy of this process.
 * @returns the workspace, or why no group can be created.
 * @throws if the system is short of descriptors or memory, so that a later attempt may succeed.
 */
export async function openWorkspace(name: string): Promise<CgroupWorkspace | { unavailable: string }> {
  if (!isLauncherHere()) {
    return { unavailable: `entering a cgroup needs ${launcherNeeds}` };
  }
  const read = (file: string) => patient(() => readFile(`/proc/self/${file}`, 'utf8')).catch(unlessShort);
  const own = findOwnCgroups(await read('cgroup'), await read('mountinfo'));
  if (own.size === 0) return { unavailable: 'no cgroup hierarchy is mounted' };

  const made = new Map<string, string>();
  const reasons = new Map<string, string>();
  for (const hierarchy of ['unified', ...controllers, 'cpuacct']) {
    const parent = own.get(hierarchy);
    if (parent === undefined || (hierarchy === 'cpuacct' && made.has('unified'))) continue;
    const folder = join(parent, name);
    const failed = await makeGroup(folder).then(() => undefined, reasonOf);
    if (failed === undefined) made.set(hierarchy, folder);
    else reasons.set(hierarchy, failed);
  }
  const unified = made.get('unified');
  const kills = unified !== undefined && existsSync(join(unified, 'cgroup.kill'));
  const giveBack = async (error: unknown) => {
    await Promise.all([...made.values()].map(removeBelow));
    throw error;
  };
  const tracker = unified ?? made.get('pids') ?? made.get('memory') ?? made.get('cpu');
  if (tracker === undefined) {
    await Promise.all([...made.values()].map(removeBelow));
    return {
      unavailable: [...new Set(reasons.values())].join('; ') || 'there is no hierarchy in which to create a cgroup',
    };
  }
  const v2 = unified === undefined ? new Map<Controller, string>() : await enable(unified).catch(giveBack);
  const find = (controller: Controller) => {
    const folder = made.get(controller);
    if (folder !== undefined) return { folder, version: 1 as const };
    const unavailable = v2.get(controller) ?? reasons.get(controller);
    if (unified !== undefined && unavailable === undefined) return { folder: unified, version: 2 as const };
    return { unavailable: unavailable ?? `there is no ${controller} controller` };
  };
  const why =
    unified === undefined ? (reasons.get('unified') ?? 'cgroup v2 is not mounted') : 'no cgroup.kill before Linux 5.14';
  return {
    containment: kills ? { kind: 'cgroup-v2' } : { kind: 'cgroup-v1', reason: why },
    tracker,
    controllers: { memory: find('memory'), cpu: find('cpu'), pids: find('pids') },
    cpuacct: made.get('cpuacct'),
    folders: [...new Set(made.values())],
  };
}

/** Delegates controllers from this process's v2 group to those of jobs. @returns why not, for each that failed. */
async function enable(workspace: string): Promise<Map<Controller, string>> {
  const reasons = new Map<Controller, string>();
  for (const controller of controllers) {
    try {
      const has = async (folder: string, file: string) =>
        (await readControl(folder, file)).split(/\s/).includes(controller);
      const parent = dirname(workspace);
      if (!(await has(parent, 'cgroup.controllers')))
        throw new Error(`there is no ${controller} controller in ${parent}`);
      if (!(await has(workspace, 'cgroup.controllers')))
        await writeControl(parent, 'cgroup.subtree_control', `+${controller}`);
      await writeControl(workspace, 'cgroup.subtree_control', `+${controller}`);
    } catch (error) {
      if (isShortage(error)) throw error;
      reasons.set(controller, systemCode(error) === 'EBUSY' ? internalProcesses(workspace) : wordsOf(error));
    }
  }
  return reasons;
}

/** Treats an unreadable file as missing, unless descriptors ran out. */
function unlessShort(error: unknown): string {
  if (isShortage(error)) throw error;
  return '';
}

/** cgroups(7), "no internal processes". */
const internalProcesses = (workspace: string) =>
  `${dirname(workspace)} contains processes, so it cannot delegate controllers;  ` +
  `run this program in a leaf of a delegated group (systemd: Delegate=yes, DelegateSubgroup=)`;

const reasonOf = (error: unknown) => `${systemCode(error) ?? wordsOf(error)}: cannot create a cgroup`;

/** The folder of one job below a folder of the workspace. */
export const jobFolder = (folder: string, id: string): string => join(folder, id);
