import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { describeProgram } from '../../src/program/command-tree.ts';

const page = fileURLToPath(new URL('../../man/signalbox.1', import.meta.url));
const run = (program: string, ...args: string[]) =>
  spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '200' } });
// `.ci/run` installs mandoc.
const hasMandoc = run('which', 'mandoc').status === 0;
const hasMan = hasMandoc || run('which', 'man').status === 0;

/** The page as a terminal shows it. */
function shown(): string {
  const { status, stdout } = hasMandoc ? run('mandoc', '-Tutf8', '-Owidth=200', page) : run('man', '-l', page);
  expect(status).toBe(0);
  // Bold is a letter over itself.
  const parts = stdout.split('\b');
  return parts.map((part, at) => (at < parts.length - 1 ? part.slice(0, -1) : part)).join('');
}

test.skipIf(!hasMandoc)('mandoc finds only the date missing in the manual page', () => {
  const { stdout } = run('mandoc', '-Tlint', page);
  expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
});

test.skipIf(!hasMan)('groff has no warnings for it', () => {
  if (run('man', '--version').stdout.startsWith('man 2')) {
    expect(run('man', '--warnings', '-l', '-Tutf8', page).stderr).toBe('');
  }
});

test.skipIf(!hasMan)('it shows each subcommand and option of the help, as it is typed', () => {
  const program = describeProgram();
  const help = program.createHelp();
  const text = shown();
  const commands = [...program.commands, ...program.commands.flatMap((one) => one.commands)];
  const visible = commands.filter((one) => help.visibleCommands(one.parent ?? program).includes(one));
  expect(visible.length).toBeGreaterThan(10);
  for (const command of visible) {
    expect(text).toContain(help.commandUsage(command).replaceAll(/ +/g, ' '));
    const options = help.visibleOptions(command).filter(({ long }) => long !== '--help');
    for (const option of options) expect(text).toContain(`\n       ${help.optionTerm(option)}`);
  }
  for (const example of [
    'server --spawn 2',
    'client --name w1',
    'attach --detach',
    'keys init --keys keys',
    'store info',
  ]) {
    expect(text).toMatch(new RegExp(`^ +signalbox ${example}`, 'm'));
  }
  expect(text).not.toContain('signalbox complete ');
});

test('the package has it where npm looks for it', () => {
  const { man, files } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect({ man, isShipped: files.includes('man') }).toEqual({ man: 'man/signalbox.1', isShipped: true });
});
