import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isRunning } from '../support/is-running.ts';
import { newFolder } from '../support/new-folder.ts';
import { main } from '../support/program.ts';
import { hasTmux, Screen } from '../support/tmux.ts';

const patience = { timeout: 25_000 };

/** A server at its prompt, with two clients; its files are in their own folder. */
async function openPrompt(shell: readonly string[] = []) {
  const folder = newFolder();
  const [log, errors, tmp] = [join(folder, 'log'), join(folder, 'stderr'), join(folder, 'tmp')];
  mkdirSync(tmp);
  const args = ['--spawn', '2', '--log', log, `2>${errors}`];
  const env = { TMPDIR: tmp, HOME: folder };
  const screen = await Screen.with([...shell, process.execPath, main, 'server', ...args], { env });
  onTestFinished(() => screen[Symbol.asyncDispose]());
  const pids = () => [...(existsSync(log) ? readFileSync(log, 'utf8') : '').matchAll(/"(?:pid|clientPid)":(\d+)/g)];
  return {
    screen,
    folder,
    /** Everything ends in order after the terminal has gone. */
    async expectOrderlyEnd() {
      await screen[Symbol.asyncDispose]();
      await expect.poll(() => pids().filter(([, pid]) => isRunning(Number(pid))), patience).toEqual([]);
      expect(readdirSync(tmp)).toEqual([]);
      expect(readFileSync(errors, 'utf8')).not.toMatch(/^ +at |EIO|Error/m);
    },
    log: () => readFileSync(log, 'utf8'),
  };
}

const moments: Record<string, (screen: Screen, folder: string) => Promise<unknown>> = {
  'at once': async (_screen, folder) => {
    await expect.poll(() => existsSync(join(folder, 'stderr')), patience).toBe(true);
  },
  'while it begins': async (_screen, folder) => {
    await expect.poll(() => existsSync(join(folder, 'log')), patience).toBe(true);
  },
  'on the first screen': (screen) => screen.until(/listening on/),
  'while a line is typed': async (screen) => {
    await screen.until(/0\/2 ready/);
    await screen.type('calculate 1 ');
    await screen.until(/MESSAGE/);
  },
  'during a question': async (screen) => {
    await screen.until(/0\/2 ready/);
    await screen.keys('terminate', 'Enter');
    await screen.until(/Terminate 2 clients\?/);
  },
  'during the question before leaving, with jobs that run': async (screen) => {
    await screen.until(/0\/2 ready/);
    await screen.keys('start; calculate 600 x', 'Enter');
    await screen.until(/2 jobs$/m);
    await screen.keys('C-c');
    await screen.until(/cancel them and leave/);
  },
  'while rows of jobs are drawn': async (screen) => {
    await screen.until(/0\/2 ready/);
    await screen.keys('start; calculate 600 x', 'Enter');
    await screen.until(/2\/w2 calculate/);
  },
  'in the middle of a paste': async (screen) => {
    await screen.until(/0\/2 ready/);
    await screen.paste(Array.from({ length: 500 }, () => 'jobs; clients\n').join(''));
  },
};

describe.skipIf(!hasTmux)(
  'a terminal that closes ends the server in order, its clients too',
  { timeout: 60_000 },
  () => {
    test.each(Object.entries(moments))('%s', async (_, moment) => {
      const prompt = await openPrompt();
      await moment(prompt.screen, prompt.folder);
      await prompt.expectOrderlyEnd();
    });

    test('under a shell with job control, which also sends SIGHUP', async () => {
      const prompt = await openPrompt(['bash', '--norc', '-i', '-c', `'"$@";:'`, 'bash']);
      await prompt.screen.until(/0\/2 ready/);
      await prompt.expectOrderlyEnd();
      expect(prompt.log()).toMatch(/"msg":"ended"/);
    });
  },
);
