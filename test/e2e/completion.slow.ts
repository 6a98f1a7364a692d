import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { KeyStore } from '../../src/keys/key-store.ts';
import { newFolder } from '../support/new-folder.ts';
import { main } from '../support/program.ts';
import { hasTmux, Screen } from '../support/tmux.ts';

// `.ci/run` installs them.
const has = (shell: string) => spawnSync(shell, ['--version']).status === 0;

/** A folder with files to complete, in which the shell finds `signalbox`. */
function newPlace() {
  const folder = newFolder();
  mkdirSync(join(folder, 'bin'));
  const keys = new KeyStore(join(folder, 'keys-of-box'));
  keys.init();
  keys.addAll(['db-1', 'web-1', 'web-2']);
  for (const name of ['keys-file', 'night shift.box', 'unique.log']) writeFileSync(join(folder, name), '');
  const program = join(folder, 'bin/signalbox');
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`);
  chmodSync(program, 0o755);
  const plugin =
    "export default { name: 'extra', apiVersion: 1, options: z.object({ mode: z.enum(['slow', 'fast']) }), setup() {} };";
  writeFileSync(join(folder, 'extra.mjs'), `import { z } from 'zod';\n${plugin}\n`);
  return { folder, path: `${join(folder, 'bin')}${delimiter}${process.env.PATH}` };
}

/** What is typed, and the line after Tab. `_` is a space that completion added. */
const cases: readonly [typed: string, completed: string][] = [
  ['signalbox server --headl', 'signalbox server --headless_'],
  ['signalbox server --output=j', 'signalbox server --output=json_'],
  ['signalbox server --store sq', 'signalbox server --store sqlite:'],
  ['signalbox server --log uni', 'signalbox server --log unique.log_'],
  ['signalbox server --log=uni', 'signalbox server --log=unique.log_'],
  ['signalbox server --keys keys', 'signalbox server --keys keys-of-box/'],
  ['signalbox keys revoke --keys keys-of-box web-1 w', 'signalbox keys revoke --keys keys-of-box web-1 web-2_'],
  ["signalbox server -c 'start; calc", "signalbox server -c 'start; calculate'_"],
  ['signalbox server --plugin ./extra.mjs --extra-mode f', 'signalbox server --plugin ./extra.mjs --extra-mode fast_'],
];

const shells = {
  bash: { start: ['bash', '--norc', '--noprofile'], set: "PS1='$ '; source <(signalbox completion bash)" },
  zsh: {
    start: ['zsh', '--no-rcs'],
    set: "PS1='$ '; autoload -U compinit; compinit -u -D; source <(signalbox completion zsh)",
  },
};

describe.each(Object.entries(shells))('%s completes', (shell, { start, set }) => {
  test.skipIf(!has(shell) || !hasTmux)('text typed before Tab', async () => {
    const { folder, path } = newPlace();
    const terminal = { columns: 120, env: { PATH: path } };
    await using screen = await Screen.with(start, terminal);
    await screen.type(`cd ${folder}; ${set}; clear; echo ready`);
    await screen.keys('Enter');
    await screen.until(/^ready\n\$$/m);
    for (const [typed, completed] of cases) {
      await screen.type(typed);
      await screen.keys('Tab');
      // The next typed text shows whether a space was added.
      await screen.type('_');
      const [line, space] = completed.endsWith('_') ? [completed.slice(0, -1), ' '] : [completed, ''];
      await screen.until(new RegExp(`^\\$ ${`${line}${space}_`.replaceAll(/[^\w ]/g, '\\$&')}$`, 'm'));
      await screen.keys('C-u');
    }
  });
});

test.skipIf(!has('fish'))('fish completes what is typed', async () => {
  const { folder, path } = newPlace();
  // Each answer begins with its line.
  const ask = 'signalbox completion fish | source; for line in $argv; echo "? $line"; complete -C $line; end';
  const args = ['--no-config', '-c', ask, ...cases.map(([typed]) => typed)];
  const { stdout } = await promisify(execFile)('fish', args, { cwd: folder, env: { ...process.env, PATH: path } });
  const answers = stdout.split(/^\? /m).slice(1);
  const offered = answers.map((answer) => {
    const [line = '', ...words] = answer.trimEnd().split('\n');
    // The word being typed, which fish replaces.
    const before = line.replace(/('[^']*|\S*)$/, '');
    return words.map((word) => `${before}${word.split('\t')[0]}`);
  });
  const expected = cases.map(([, completed]) => [completed.replaceAll(/'|_$/g, '')]);
  expect(offered).toEqual(expected);
});
