import { expect, onTestFinished, test } from 'vitest';
import { CgroupGroup } from '../../src/process/cgroup-group.ts';
import type { CgroupWorkspace } from '../../src/process/cgroup-workspace.ts';
import { endGroup } from '../../src/process/end-group.ts';
import { openHost } from '../../src/process/host.ts';
import { prepareLaunch } from '../../src/process/launcher.ts';
import { spawnProgram } from '../../src/process/spawn-program.ts';

const { workspace, nextId, guard } = await openHost();
guard.ensure();

/** The same machine without cgroup v2. */
function withoutV2(): CgroupWorkspace | undefined {
  if ('unavailable' in workspace) return undefined;
  const { pids } = workspace.controllers;
  if ('unavailable' in pids || pids.version !== 1) return undefined;
  return { ...workspace, containment: { kind: 'cgroup-v1', reason: 'as a test' }, tracker: pids.folder };
}
const v1 = withoutV2();

test.runIf(v1)('with only cgroup v1, escaping processes are killed one by one until none is left', async () => {
  if (!v1) return;
  const group = await CgroupGroup.create(v1, nextId(), []);
  onTestFinished(() => group.remove());
  const stubborn = new URL('stubborn.sh', import.meta.url).pathname;
  const launch = prepareLaunch([stubborn, 'wiped'], {}, { cgroups: group.entrances, openFiles: undefined });
  const spawned = await spawnProgram(launch, { cwd: '/', stdin: false });
  group.started(spawned.pid);
  void spawned.exited.then(() => {
    group.leaderEnded = true;
  });
  let said = '';
  for await (const data of spawned.stdout) {
    said += data;
    if (said.split('\n').length > 3) break;
  }
  const pids = said.trimEnd().split('\n').map(Number);
  const members = (await group.look()).members.map(({ pid }) => pid);
  expect(members).toEqual(expect.arrayContaining(pids));
  expect(await endGroup(group, () => 0)).toMatchObject({ survivors: [] });
  expect(await spawned.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
  expect(await group.look()).toEqual({ members: [], complete: true });
  expect((await group.usage()).outOfMemory).toBe(false);
});
