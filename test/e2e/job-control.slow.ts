import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { main } from '../support/program.ts';
import { hasTmux, Screen } from '../support/tmux.ts';

function makeLog(): { log: string; pid: (name: 'pid' | 'clientPid') => number } {
  const folder = newFolder();
  const log = join(folder, 'log');
  const pid = (name: string) => Number(new RegExp(`"${name}":(\\d+)`).exec(readFileSync(log, 'utf8'))?.[1]);
  return { log, pid };
}

const stateOf = (pid: number): string | undefined => / ([A-Z]) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];

const asBefore = { isCooked: true, isCursorShown: true };

/** A shell with job control; in it the prompt is a job of two processes, as npx makes it. */
async function openShell() {
  const { log, pid } = makeLog();
  const screen = await Screen.with(['bash', '--norc', '-i'], { env: { PS1: '"sh> "' } });
  await screen.until(/^sh>/);
  await screen.type(`sh -c '${process.execPath} ${main} server --spawn 1 --log ${log}; exit $?'`);
  await screen.keys('Enter');
  await screen.until(/0\/1 ready$/m);
  return { screen, pid };
}

describe.skipIf(!hasTmux)('the prompt as a job of a shell', { timeout: 60_000 }, () => {
  test('Ctrl-Z stops the whole job and restores the terminal; fg restores the line and its cursor', async () => {
    const { screen, pid } = await openShell();
    await using _ = screen;
    await screen.type('pingg');
    await screen.keys('Left', 'C-z');
    await screen.until(/Stopped/);
    expect(stateOf(pid('pid'))).toBe('T');
    await screen.keys('clear', 'Enter');
    await screen.keys('fg', 'Enter');
    await screen.until(/^signalbox> pingg +0\/1 ready$/m);
    await screen.keys('BSpace', 'Enter');
    await screen.until(/1 ping {2}rejected/);
  });

  test('clients that it started keep running meanwhile, and their output is shown afterwards', async () => {
    const { screen, pid } = await openShell();
    await using _ = screen;
    // The test ends the job, so its row is seen however slow the screen is.
    const pipe = join(newFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    await screen.keys(`start; run cat ${pipe}`, 'Enter');
    await screen.until(/1 job$/m);
    await screen.keys('C-z');
    await screen.until(/Stopped/);
    expect(stateOf(pid('clientPid'))).not.toBe('T');
    await writeFile(pipe, 'done meanwhile\n');
    await screen.keys('fg', 'Enter');
    await screen.until(/w1 \| done meanwhile/);
    await screen.until(/^signalbox> +1\/1 ready$/m);
  });

  test('Ctrl-Z at a question stops the whole job, and fg asks it again', async () => {
    const { screen } = await openShell();
    await using _ = screen;
    await screen.keys('start; calculate 600 x', 'Enter');
    await screen.until(/1 job$/m);
    await screen.keys('C-c');
    await screen.until(/cancel them and leave/);
    await screen.keys('C-z');
    await screen.until(/Stopped/);
    await screen.keys('clear', 'Enter');
    await screen.keys('fg', 'Enter');
    await screen.until(/A job is running[\s\S]*cancel them and leave/);
    await screen.keys('Down', 'Down', 'Enter');
    await screen.until(/2 calculate {2}cancelled[\s\S]*sh>/);
  });

  test('a prompt that was stopped from outside is redrawn when it continues, and no key is lost', async () => {
    const { screen, pid } = await openShell();
    await using _ = screen;
    await screen.type('ping');
    process.kill(pid('pid'), 'SIGSTOP');
    await screen.type(' --w');
    process.kill(pid('pid'), 'SIGCONT');
    await screen.type('ait');
    await screen.until(/^signalbox> ping --wait/m);
    expect((await screen.modes()).isCooked).toBe(false);
  });

  test('Ctrl-\\ ends the job as SIGQUIT does, and restores the terminal', async () => {
    const { screen } = await openShell();
    await using _ = screen;
    await screen.type('half a line');
    await screen.keys('C-\\');
    await screen.until(/^Quit[\s\S]*^sh>$/m);
    await screen.type('echo "exit code $?"');
    await screen.keys('Enter');
    await screen.until(/^exit code 131$/m);
    expect(await screen.modes()).toMatchObject({ isCursorShown: true });
  });

  // A question also hides the cursor.
  test.each([
    ['SIGTERM', 0],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
    ['SIGABRT', 134],
    ['SIGALRM', 142],
    ['SIGUSR2', 140],
  ] as const)('%s at a question ends it and leaves a terminal as it was', async (signal, exitCode) => {
    const { log, pid } = makeLog();
    await using screen = await Screen.open(['--spawn', '2', '--log', log]);
    await screen.until(/0\/2 ready/);
    await screen.keys('terminate', 'Enter');
    await screen.until(/Terminate 2 clients\?/);
    expect((await screen.modes()).isCooked).toBe(false);
    process.kill(pid('pid'), signal);
    await screen.until(new RegExp(`exit code ${exitCode}$`, 'm'));
    expect(await screen.modes()).toEqual(asBefore);
  });
});
