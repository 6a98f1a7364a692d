import { controllerOf, setCgroupLimit } from './cgroup-group.ts';
import type { CgroupWorkspace } from './cgroup-workspace.ts';
import { isLauncherHere, launcherNeeds } from './launcher.ts';
import { type LimitName, limitNames, type ProcessLimits } from './options.ts';
import { ProcessError } from './process-error.ts';
import type { AppliedLimit } from './result.ts';
import { wordsOf } from './system-error.ts';

export type AppliedLimits = Partial<Record<LimitName, AppliedLimit>>;

/**
 * Sets the limits of a job before it starts, except for open files, which the launcher sets.
 * @param workspace or why there is none.
 * @throws ProcessError `limit_unavailable`
 */
export async function applyLimits(
  id: string,
  limits: ProcessLimits,
  workspace: CgroupWorkspace | { unavailable: string },
  ifUnavailable: 'refuse' | 'run',
): Promise<AppliedLimits> {
  const applied: AppliedLimits = {};
  for (const name of limitNames) {
    const value = limits[name];
    if (value === undefined) continue;
    const limit = await apply(id, name, value, workspace);
    if ('unavailable' in limit && ifUnavailable === 'refuse') {
      throw new ProcessError('limit_unavailable', `${name} cannot be limited on this machine: ${limit.unavailable}`);
    }
    applied[name] = limit;
  }
  return applied;
}

async function apply(
  id: string,
  name: LimitName,
  value: number,
  workspace: CgroupWorkspace | { unavailable: string },
): Promise<AppliedLimit> {
  const unavailable = whyUnavailable(name, workspace);
  if (unavailable !== undefined) return { value, unavailable };
  if (name === 'openFiles' || 'unavailable' in workspace) return { value, by: 'rlimit' };
  try {
    return { value, by: await setCgroupLimit(workspace, id, controllerOf[name], value) };
  } catch (error) {
    return { value, unavailable: wordsOf(error) };
  }
}

/** Why a limit cannot be set on this machine; undefined if it can. */
export function whyUnavailable(
  name: LimitName,
  workspace: CgroupWorkspace | { unavailable: string },
): string | undefined {
  if (name === 'openFiles') {
    return isLauncherHere() ? undefined : `it needs ${launcherNeeds}`;
  }
  if ('unavailable' in workspace) return workspace.unavailable;
  const controller = workspace.controllers[controllerOf[name]];
  return 'unavailable' in controller ? controller.unavailable : undefined;
}
