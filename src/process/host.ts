import { isShortage } from './bounded-read.ts';
import { removeBelow } from './cgroup-files.ts';
import { CgroupGroup, controllerOf } from './cgroup-group.ts';
import { type CgroupWorkspace, openWorkspace } from './cgroup-workspace.ts';
import type { ProcessGroup } from './containment.ts';
import { Guard } from './guard.ts';
import { MarkedGroup } from './marked-group.ts';
import { limitNames, type ProcessLimits } from './options.ts';
import { ProcessError } from './process-error.ts';
import { randomHex } from './random-hex.ts';
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
let permitted: Promise<Host['workspace']> | undefined;

/**
 * Determines, once and by trying, what this machine permits. Nothing is kept: a process that has started no job has
 * neither cgroups nor a watchdog that would remove them.
 * @throws ProcessError `cannot_fork` if the system is short of descriptors or memory.
 */
export function findWorkspace(): Promise<Host['workspace']> {
  permitted ??= tryWorkspace().catch((error: unknown) => {
    permitted = undefined;
    throw error;
  });
  return permitted;
}

async function tryWorkspace(): Promise<Host['workspace']> {
  const workspace = await createWorkspace(newName());
  if ('folders' in workspace) for (const folder of workspace.folders) await removeBelow(folder);
  return workspace;
}

/**
 * Opened by the first job. The watchdog cleans up after this process has ended.
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
  const name = newName();
  const workspace = await createWorkspace(name);
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

const newName = () => `signalbox-${process.pid}-${randomHex(4)}`;

function createWorkspace(name: string): Promise<Host['workspace']> {
  return openWorkspace(name).catch((error: unknown) => {
    if (!isShortage(error)) return { unavailable: wordsOf(error) };
    throw new ProcessError('cannot_fork', `the system is short of resources: ${wordsOf(error)}`, { cause: error });
  });
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
