import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { prepareLaunch } from '../../src/process/launcher.ts';
import { spawnProgram } from '../../src/process/spawn-program.ts';
import { newFolder } from '../support/new-folder.ts';
import { text as outputOf, start } from '../support/start-process.ts';

test('no value of the environment is among the arguments of any stage of a start', async () => {
  const folder = newFolder();
  // Instead of a cgroup to enter: the launcher waits there until somebody reads.
  const entrance = join(folder, 'cgroup.procs');
  execFileSync('mkfifo', [entrance]);
  const env = { PATH: process.env.PATH ?? '', PASSWORD: 'a-secret', SIGNALBOX_JOB: 'job.1' };
  const launch = prepareLaunch(['env', '-0'], env, { cgroups: [entrance], openFiles: undefined });
  const spawned = await spawnProgram(launch, { cwd: '/', stdin: false });
  const output = text(spawned.stdout);
  const shown = (file: string) => readFileSync(`/proc/${spawned.pid}/${file}`, 'latin1');
  expect(shown('cmdline')).toContain(entrance);
  expect(shown('cmdline')).not.toContain('a-secret');
  expect(shown('environ')).toContain('SIGNALBOX_JOB=job.1\0');
  await using reader = await open(entrance);
  expect(String((await reader.read(Buffer.alloc(2), 0, 2)).buffer)).toBe('0\n');
  await spawned.launched;
  const given = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  expect((await output).split('\0').filter(Boolean).toSorted()).toEqual(given.toSorted());
});

for (const [what, limits] of [
  ['with', { openFiles: 99 }],
  ['without', undefined],
] as const) {
  test(`any environment arrives unchanged, ${what} a launcher`, async () => {
    const env = {
      PATH: process.env.PATH,
      EMPTY: '',
      'odd.name': 'x',
      '-i': 'an option of env',
      _: 'of a shell',
      PWD: 'nowhere',
      SHLVL: 'many',
      IFS: '/',
      SIGNALBOX_0: 'a name of the launcher',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: env -S would expand this.
      TEXT: 'two\nlines, "quotes\', a \\ and a $HOME ${PATH} #',
    };
    const shown = await start({ argv: ['env', '-0'], env, containment: 'none', ...(limits && { limits }) });
    const variables = (await outputOf(shown)).split('\0').filter(Boolean);
    const given = Object.entries({ ...env, SIGNALBOX_JOB: shown.id }).map(([name, value]) => `${name}=${value}`);
    expect(variables.toSorted()).toEqual(given.toSorted());
  });
}
