import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Changes } from '../support/changes.ts';

/** Ends the background processes of the blocks, each with its process group. */
const atItsEnd = 'for pid in $(jobs -p); do kill -KILL -- -$pid || true; done 2> /dev/null';

/**
 * The terminal of the reader of a tutorial: one shell for all blocks of a page, with job control, so that `cd`,
 * variables and `%1` persist. Background programs print between the blocks. A command that fails ends it.
 */
export class Terminal implements AsyncDisposable {
  private readonly folder: string;
  private readonly shell: ReturnType<typeof Terminal.start>;
  private readonly closed: Promise<unknown>;
  private readonly changes = new Changes();
  private text = '';
  private begin = 0;
  private blocks = 0;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.shell = Terminal.start(folder, env);
    this.closed = once(this.shell, 'close');
    this.shell.stdin.on('error', () => {});
    this.shell.stdout.setEncoding('utf8').on('data', (piece: string) => {
      this.text += piece;
      this.changes.tell();
    });
    this.shell.stdin.write(`exec 2>&1\nset -m\ntrap '${atItsEnd}' EXIT\n`);
  }

  private static start(cwd: string, env: NodeJS.ProcessEnv) {
    return spawn('bash', ['-e', '-o', 'pipefail', '-s'], {
      cwd,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
  }

  /** The output since the start of the newest block. */
  get printed(): string {
    return this.text.slice(this.begin);
  }

  /** Resolves when the last command of the block has ended, with 0 if all commands did. */
  async run(script: string): Promise<{ readonly exitCode: number | null; readonly printed: string }> {
    this.blocks += 1;
    this.begin = this.text.length;
    const file = join(this.folder, `.block-${this.blocks}`);
    const end = `<block ${this.blocks} has ended>`;
    writeFileSync(file, `${script}\n`);
    this.shell.stdin.write(`. '${file}' < /dev/null\necho '${end}'\n`);
    await Promise.race([this.changes.until(() => this.printed.includes(`${end}\n`)), this.closed]);
    return { exitCode: this.printed.includes(`${end}\n`) ? 0 : this.shell.exitCode, printed: this.printed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.shell.stdin.end();
    await this.closed;
  }
}
