import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isRunning } from '../../support/is-running.ts';

const run = promisify(execFile);

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/**
 * Removes the remains of a killed engine: its folder, the mounts in it, the processes that name it and all their
 * descendants.
 */
export async function removeRemains(folder: string): Promise<void> {
  for (let found = processesOf(folder); found.length > 0; found = processesOf(folder)) {
    for (const pid of found) kill(pid);
    await setTimeout(20);
  }
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const places = mounts.map((line) => line.split(' ')[1] ?? '').filter((place) => place.startsWith(`${folder}/`));
  for (const place of places.reverse()) await run('umount', ['--lazy', place]);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** The same for engines of tests that were killed themselves. */
export async function sweepRemains(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const owner = /^signalbox-engine-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isRunning(Number(owner))) await removeRemains(join(tmpdir(), name));
  }
}

/** Containers are children of shims, which have the folder in their arguments. */
function processesOf(folder: string): number[] {
  const all = processes();
  const found = new Set(all.filter(({ command }) => command.includes(`${folder}/`)).map(({ pid }) => pid));
  for (let before = -1; found.size > before; ) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return [...found].filter((pid) => pid !== process.pid && isRunning(pid));
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const parent = Number(readFileSync(`/proc/${name}/stat`, 'latin1').split(') ')[1]?.split(' ')[1]);
        return [{ pid: Number(name), parent, command: readFileSync(`/proc/${name}/cmdline`, 'latin1') }];
      } catch {
        return [];
      }
    });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
