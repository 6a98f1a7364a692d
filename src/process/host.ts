import { randomBytes } from 'node:crypto';
import { CgroupGroup, controllerOf } from './cgroup-group.ts';
import { type CgroupWorkspace, openWorkspace } from './cgroup-workspace.ts';
import type { ProcessGroup } from './containment.ts';
import { Guard } from './guard.ts';
import { jobVariable, MarkedGroup } from './marked-group.ts';
import { limitNames, type ProcessLimits } from './options.ts';
import { wordsOf } from './process-error.ts';
import { RealPipes } from './real-pipes.ts';

/** What all jobs of this process share: their part of the cgroup tree, their watchdog and their names. */
export interface Host {
  readonly workspace: CgroupWorkspace | { readonly unavailable: string };
  readonly guard: Guard;
  readonly pipes: RealPipes;
  nextId(): string;
}

let host: Promise<Host> | undefined;

/** Opened by whoever asks first; the watchdog removes it when this process has ended. */
export function openHost(): Promise<Host> {
  host ??= open();
  return host;
}

async function open(): Promise<Host> {
  const name = `signalbox-${process.pid}-${randomBytes(4).toString('hex')}`;
  const workspace = await openWorkspace(name).catch((error: unknown) => ({ unavailable: wordsOf(error) }));
  const cgroups = 'unavailable' in workspace ? { folders: [] } : workspace;
  const { folders } = cgroups;
  const tracker = 'tracker' in cgroups ? { tracker: cgroups.tracker } : {};
  let counter = 0;
  return {
    workspace,
    guard: new Guard({
      mark: `${jobVariable}=${name}.`,
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
