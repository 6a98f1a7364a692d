import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { python } from '../api/python-caller.ts';
import { ChildProgram } from '../support/program.ts';
import { root } from './markdown.ts';
import { Terminal } from './terminal.ts';

export interface Run {
  readonly exitCode: number | null;
  /** Both streams, as a terminal would show them. */
  readonly printed: string;
}

/** Replacements for programs that a test cannot have; they fail with a message when used in another way. */
const standIns: Readonly<Record<string, string>> = {
  signalbox: `exec ${process.execPath} ${root}src/main.ts "$@"`,
  npx: 'case $1 in signalbox|node) exec "$@";; *) echo "npx $1 is not of this project" >&2; exit 127;; esac',
  node: `exec ${process.execPath} "$@"`,
  python3: `exec ${python} "$@"`,
  // The other machine is this one.
  scp: 'case $2 in CLIENT:) exec cp "$1" .;; *) exit 1;; esac',
};

/**
 * The folder in which one page is tried, as after `git clone`; `signalbox` and the imports of programs come from this
 * checkout. Processes that run there end with it.
 */
export class Workbench implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'signalbox-docs-'));
  private readonly env: NodeJS.ProcessEnv;
  private readonly groups: number[] = [];

  constructor() {
    const bin = join(this.folder, '.bin');
    mkdirSync(bin);
    for (const [name, script] of Object.entries(standIns)) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    for (const name of ['examples', 'schemas', 'LICENSE']) symlinkSync(join(root, name), join(this.folder, name));
    this.installPackage();
    const runtime = join(this.folder, '.run');
    mkdirSync(runtime, { mode: 0o700 });
    const env = Object.entries(process.env).filter(([name]) => !/^(SIGNALBOX_|npm_|NODE_OPTIONS|XDG_)/.test(name));
    const path = `${bin}${delimiter}${process.env.PATH}`;
    this.env = {
      ...Object.fromEntries(env),
      PATH: path,
      HOME: this.folder,
      XDG_RUNTIME_DIR: runtime,
      PYTHONDONTWRITEBYTECODE: '1',
      TERM: 'dumb',
      LC_ALL: 'C',
    };
  }

  /** Runs a text in a real shell; `input` is its standard input. A line that fails ends it, as in a careful script. */
  async run(script: string, input = ''): Promise<Run> {
    const shell = spawn('bash', ['-eo', 'pipefail', '-c', `exec 2>&1\n${script}`], {
      cwd: this.folder,
      env: this.env,
      stdio: ['pipe', 'pipe', 'inherit'],
      // Its own process group, so that its background processes can be found.
      detached: true,
    });
    if (shell.pid !== undefined) this.groups.push(shell.pid);
    shell.stdin.on('error', () => {});
    shell.stdin.end(input);
    const { promise, resolve } = Promise.withResolvers<number | null>();
    shell.once('close', resolve);
    const [printed, exitCode] = await Promise.all([text(shell.stdout), promise]);
    return { exitCode, printed };
  }

  /** Starts one line in its own terminal, and leaves it running. */
  start(line: string): ChildProgram {
    const set = Object.entries(this.env).map(([name, value]) => `${name}=${value}`);
    return new ChildProgram('env', ['-i', ...set, 'bash', '-c', `cd '${this.folder}' && exec ${line}`]);
  }

  /** The terminal of a whole page, whose server is found whatever else runs on this machine. */
  terminal(): Terminal {
    return new Terminal(this.folder, { ...this.env, SIGNALBOX_SOCKET_DIR: this.env.XDG_RUNTIME_DIR });
  }

  [Symbol.dispose](): void {
    for (const group of this.groups) {
      try {
        process.kill(-group, 'SIGKILL');
      } catch {
        // No process of it remains.
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Like `npm install`, but with the sources: `dist` may be outdated. */
  private installPackage(): void {
    const modules = join(this.folder, 'node_modules');
    mkdirSync(join(modules, 'signalbox'), { recursive: true });
    const exports = {
      '.': './src/index.ts',
      './schemas': './schemas/index.ts',
      './process': './src/process/index.ts',
      './api': './schemas/api/index.ts',
    };
    writeFileSync(
      join(modules, 'signalbox/package.json'),
      JSON.stringify({ name: 'signalbox', type: 'module', exports }),
    );
    writeFileSync(join(this.folder, 'package.json'), '{ "private": true, "type": "module" }');
    for (const part of ['src', 'schemas']) symlinkSync(join(root, part), join(modules, 'signalbox', part));
    for (const part of ['zod', '@types', '@connectrpc', '@bufbuild', '@grpc'])
      symlinkSync(join(root, 'node_modules', part), join(modules, part));
  }
}
