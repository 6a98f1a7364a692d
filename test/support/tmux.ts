import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const patienceMs = 30_000;

export const hasTmux = (() => {
  try {
    execFileSync('tmux', ['-V']);
    return true;
  } catch {
    return false;
  }
})();

interface ScreenOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  /** A folder for the history; default: a new one, which is removed with the screen. */
  state?: string;
}

/** A real terminal that runs a program: keys go in, the screen comes out. Disposing ends both. */
export class Screen implements AsyncDisposable {
  readonly state: string;
  private readonly socket: string;

  private constructor(state: string) {
    this.state = state;
    this.socket = `signalbox-${randomBytes(4).toString('hex')}`;
  }

  /** One that runs `signalbox server`. */
  static open(args: readonly string[], options: ScreenOptions = {}): Promise<Screen> {
    return Screen.with([process.execPath, main, 'server', ...args], options);
  }

  /** One that runs this program, whose words have no spaces. */
  static async with(program: readonly string[], options: ScreenOptions = {}): Promise<Screen> {
    const { columns = 80, rows = 24, env = {} } = options;
    const screen = new Screen(options.state ?? mkdtempSync(join(tmpdir(), 'signalbox-state-')));
    const set = Object.entries({ XDG_STATE_HOME: screen.state, ...env }).map(([name, value]) => `${name}=${value}`);
    const command = ['env', '-u', 'NO_COLOR', ...set, ...program].join(' ');
    const size = ['-x', String(columns), '-y', String(rows)];
    // Its last output stays readable.
    const shell = `${command}; echo "exit code $?"; sleep 1000`;
    await screen.tmux('-f', '/dev/null', 'new-session', '-d', ...size, shell);
    return screen;
  }

  /** Keys by the names of tmux (`Enter`, `C-c`, `Tab`); everything else is typed literally. */
  async keys(...keys: string[]): Promise<void> {
    await this.tmux('send-keys', ...keys);
  }

  async type(text: string): Promise<void> {
    await this.tmux('send-keys', '-l', text);
  }

  async paste(text: string): Promise<void> {
    await this.tmux('set-buffer', text);
    await this.tmux('paste-buffer');
  }

  /**
   * Resolves when the program can know the new size: tmux applies it at once, but reports a second change 250 ms later.
   */
  async resize(columns: number, rows: number): Promise<void> {
    await this.tmux('resize-window', '-x', String(columns), '-y', String(rows));
    const tty = (await this.tmux('display-message', '-p', '#{pane_tty}')).trim();
    const endMs = performance.now() + patienceMs;
    while ((await run('stty', ['size', '-F', tty])).stdout.trim() !== `${rows} ${columns}`) {
      if (performance.now() > endMs) throw new Error(`the terminal is not told that it is ${columns}x${rows}`);
      await setTimeout(50);
    }
  }

  /** The rows of the screen, without the empty ones at its end. `colours`: with escape sequences. */
  async rows({ colours = false, scrollback = false } = {}): Promise<string[]> {
    const flags = [...(colours ? ['-e'] : []), ...(scrollback ? ['-S', '-'] : [])];
    const text = await this.tmux('capture-pane', '-p', ...flags);
    return text.trimEnd().split('\n');
  }

  /**
   * Waits until the screen shows it.
   * @throws Error with the screen after `patienceMs`.
   */
  async until(pattern: RegExp): Promise<string[]> {
    const endMs = performance.now() + patienceMs;
    while (performance.now() < endMs) {
      const rows = await this.rows();
      if (pattern.test(rows.join('\n'))) return rows;
      await setTimeout(50);
    }
    throw new Error(`the screen does not show ${pattern}:\n${(await this.rows()).join('\n')}`);
  }

  /**
   * The modes of the terminal: whether it reads whole lines and echoes, as a shell leaves it, and whether the cursor is
   * visible.
   */
  async modes(): Promise<{ isCooked: boolean; isCursorShown: boolean }> {
    const [tty = '', cursor] = (await this.tmux('display-message', '-p', '#{pane_tty} #{cursor_flag}'))
      .trim()
      .split(' ');
    const { stdout } = await run('stty', ['-a', '-F', tty]);
    return {
      isCooked: /(?<!-)\bicanon\b/.test(stdout) && /(?<!-)\becho\b/.test(stdout),
      isCursorShown: cursor === '1',
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The server and its clients end with their terminal.
    await this.tmux('kill-server').catch(() => {});
    rmSync(this.state, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  private async tmux(...args: string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-L', this.socket, ...args]);
    return stdout;
  }
}
