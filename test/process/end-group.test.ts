import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { type Look, type ProcessGroup, unknownUsage } from '../../src/process/containment.ts';
import { endGroup } from '../../src/process/end-group.ts';
import { isRunning } from '../support/is-running.ts';

interface Deaf extends ChildProcess {
  readonly pid: number;
  /** Resolves when it has received its first TERM. */
  readonly hears: Promise<unknown>;
  /** Its whole output, once it has ended. */
  heard(): Promise<string>;
}

/** Runs until it is killed, in a separate process group, and prints each TERM that it gets. */
async function startDeaf(): Promise<Deaf> {
  const script = `process.on('SIGTERM', () => process.stdout.write('TERM\\n')); process.stdout.write('up\\n'); setInterval(() => {}, 1e6)`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const { pid, stdout } = child;
  if (pid === undefined || !stdout) throw new Error('it has not started');
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  stdout.on('data', (data) => {
    said += data;
  });
  await once(stdout, 'data');
  const closed = once(stdout, 'close');
  const heard = () => closed.then(() => said);
  const hears = once(stdout, 'data');
  hears.catch(() => {});
  return Object.assign(child, { pid, hears, heard });
}

const statOf = (pid: number) => ({ pid, name: 'x', state: 'S', processGroup: pid, session: pid, startTime: 1 });
const lookAt = (...pids: number[]): Look => ({ members: pids.map(statOf), complete: true });

/** A group in which each scan finds what `look` returns; `kill` reaches nobody. */
function groupOf(look: () => Look | Promise<Look>, leader?: number): ProcessGroup & { leaderEnded: boolean } {
  return {
    containment: { kind: 'none' },
    entrances: [],
    leader,
    leaderEnded: false,
    started: () => {},
    look: async () => look(),
    kill: async () => {},
    usage: async () => unknownUsage,
    remove: async () => {},
  };
}

const running = (...children: readonly { pid: number }[]) => children.map(({ pid }) => pid).filter(isRunning);

test('a process that is found only after others were killed is killed, too', async () => {
  const [first, second] = [await startDeaf(), await startDeaf()];
  const group = groupOf(() => (isRunning(first.pid) ? lookAt(first.pid) : lookAt(...running(second))));
  expect(await endGroup(group, () => 0)).toMatchObject({ survivors: [] });
  expect(running(first, second)).toEqual([]);
});

test('each process gets one TERM, whichever scan finds it, until a scan was complete', async () => {
  const [early, late, later] = [await startDeaf(), await startDeaf(), await startDeaf()];
  const looks: Look[] = [
    { ...lookAt(early.pid), complete: false },
    lookAt(early.pid, late.pid),
    lookAt(early.pid, late.pid, later.pid),
  ];
  let killAtMs = Number.POSITIVE_INFINITY;
  const group = groupOf(async () => {
    const next = looks.shift();
    if (next) return next;
    await Promise.all([early.hears, late.hears]);
    killAtMs = 0;
    return lookAt(...running(early, late, later));
  });
  const { terminated } = await endGroup(group, () => killAtMs);
  expect(terminated.map(({ pid }) => pid)).toEqual([early.pid, late.pid]);
  const said = [await early.heard(), await late.heard(), await later.heard()];
  expect(said).toEqual(['up\nTERM\n', 'up\nTERM\n', 'up\n']);
});

test('processes that the leader leaves behind get TERM when it has ended, even if they started after the others got theirs', async () => {
  const late = await startDeaf();
  let killAtMs = Number.POSITIVE_INFINITY;
  let looks = 0;
  const group = groupOf(async () => {
    looks += 1;
    group.leaderEnded = looks > 2;
    if (looks === 4) {
      await late.hears;
      killAtMs = 0;
    }
    return looks === 1 ? lookAt() : lookAt(...running(late));
  }, 4_194_306);
  const { terminated } = await endGroup(group, () => killAtMs);
  expect(terminated.map(({ pid }) => pid)).toEqual([late.pid]);
  expect(await late.heard()).toBe('up\nTERM\n');
});

test('if scans fail, the process group of the leader gets TERM, once', async () => {
  const leader = await startDeaf();
  let looks = 0;
  let killAtMs = Number.POSITIVE_INFINITY;
  const group = groupOf(async () => {
    looks += 1;
    if (looks === 1) return { ...lookAt(), complete: false };
    // Two that arrive together would count as one.
    await leader.hears;
    if (looks === 4) killAtMs = 0;
    return { ...lookAt(...running(leader)), complete: looks > 2 };
  }, leader.pid);
  leader.once('exit', () => {
    group.leaderEnded = true;
  });
  expect(await endGroup(group, () => killAtMs)).toMatchObject({ survivors: [] });
  expect(await leader.heard()).toBe('up\nTERM\n');
});

test('a group is over once the end of its leader has been reported, and not before', async () => {
  const leader = await startDeaf();
  let looks = 0;
  const group = groupOf(() => {
    looks += 1;
    if (looks === 5) group.leaderEnded = true;
    return lookAt();
  }, leader.pid);
  expect(await endGroup(group, () => Number.POSITIVE_INFINITY)).toEqual({ terminated: [], survivors: [] });
  expect(looks).toBe(5);
});

test('an incomplete scan does not prove that no process is left', async () => {
  let looks = 0;
  const group = groupOf(() => {
    looks += 1;
    return { members: [], complete: looks === 5 };
  });
  expect(await endGroup(group, () => Number.POSITIVE_INFINITY)).toEqual({ terminated: [], survivors: [] });
  expect(looks).toBe(5);
});

test('processes that survive KILL are named after a while, and so is a leader whose end was not reported', async () => {
  // Numbers that no process can have (PID_MAX_LIMIT, proc_sys_kernel(5)).
  const [member, leader] = [4_194_305, 4_194_306];
  const group = groupOf(() => lookAt(member), leader);
  const { survivors } = await endGroup(group, () => 0);
  expect(survivors).toEqual([member, leader]);
});
