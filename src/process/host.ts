import { randomBytes } from 'node:crypto';
import { isShortage } from './bounded-read.ts';
import { CgroupGroup, controllerOf } from './cgroup-group.ts';
import { type CgroupWorkspace, openWorkspace } from './cgroup-workspace.ts';
import type { ProcessGroup } from './containment.ts';
import { Guard } from './guard.ts';
import { MarkedGroup } from './marked-group.ts';
import { limitNames, type ProcessLimits } from './options.ts';
import { ProcessError } from './process-error.ts';
import { RealPipes } from './real-pipes.ts';
import { wordsOf } from './system-error.ts';

/** Shared by all jobs of this process: their part of the cgroup tree, the watchdog and job names. */
export interface Host {
  readonly workspace: CgroupWorkspace | { readonly unavailable: string };
  readonly guard: Guard;
  readonly pipes: RealPipes;
  nextId(): string;
}

let host: Promise<Host> | undefined;

/**
 * Opened on first use. The watchdog removes it after this process has ended.
 * @throws ProcessError `cannot_fork` if the system is short of descriptors or memory.
 */
export function openHost(): Promise<Host> {
  host ??= open().catch((error: unknown) => {
    host = undefined;
    throw error;
  });
  return host;
}

async function open(): Promise<Host> {
  const name = `signalbox-${process.pid}-${randomBytes(4).toString('hex')}`;
  const workspace = await openWorkspace(name).catch((error: unknown) => {
    if (!isShortage(error)) return { unavailable: wordsOf(error) };
    throw new ProcessError('cannot_fork', `the system is short of resources: ${wordsOf(error)}`, { cause: error });
  });
  const cgroups = 'unavailable' in workspace ? { folders: [] } : workspace;
  const { folders } = cgroups;
  const tracker = 'tracker' in cgroups ? { tracker: cgroups.tracker } : {};
  let counter = 0;
  return {
    workspace,
    guard: new Guard({
      mark: `${name}.`,
      folders,
      ...tracker,
    }),
    pipes: new RealPipes(),
    nextId: () => `${name}.${++counter}`,
  };
}

/** @param workspace or why this job has no cgroup. */
export async function createGroup(
  id: string,
  workspace: CgroupWorkspace | { readonly unavailable: string },
  limits: ProcessLimits,
): Promise<ProcessGroup> {
  if ('unavailable' in workspace) return new MarkedGroup(id, workspace.unavailable);
  const limited = limitNames.flatMap((name) =>
    name === 'openFiles' || limits[name] === undefined ? [] : [controllerOf[name]],
  );
  return CgroupGroup.create(workspace, id, limited);
}
