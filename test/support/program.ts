import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Changes } from './changes.ts';

export const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A line of `--output json`. */
export type JsonLine = { type: string; ts: number } & Record<string, unknown>;

/** A child process, line by line. Disposing kills it if it still runs, and waits for its end. */
export class ChildProgram implements AsyncDisposable {
  readonly out: string[] = [];
  readonly err: string[] = [];
  readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;
  private readonly changes = new Changes();

  constructor(file: string, args: readonly string[]) {
    this.child = spawn(file, args, { stdio: 'pipe' });
    this.closed = once(this.child, 'close');
    for (const [stream, lines] of [
      [this.child.stdout, this.out],
      [this.child.stderr, this.err],
    ] as const) {
      if (!stream) throw new Error('the program has no pipes');
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        this.changes.tell();
      });
    }
    this.child.stdin?.on('error', () => {});
  }

  type(...lines: string[]): this {
    this.child.stdin?.write(lines.map((line) => `${line}\n`).join(''));
    return this;
  }

  /** Ends standard input. */
  end(bytes: string | Buffer = ''): this {
    this.child.stdin?.end(bytes);
    return this;
  }

  /** The first matching line, printed already or later. */
  async line(pattern: RegExp): Promise<string> {
    const find = () => [...this.out, ...this.err].find((line) => pattern.test(line));
    const found = await Promise.race([this.changes.until(find), this.closed.then(find)]);
    if (found !== undefined) return found;
    throw new Error(`the program ended without ${pattern}:\n${[...this.out, ...this.err].join('\n')}`);
  }

  /** The first matching line on standard output, from this index on. */
  async more(from: number, pattern: RegExp): Promise<string> {
    return await this.changes.until(() => this.out.slice(from).find((line) => pattern.test(line)));
  }

  /** Resolves when it has used no processor time for this many ms. */
  async quiet(ms: number): Promise<void> {
    for (let before = -1; ; ) {
      const [, fields = ''] = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ');
      const used = Number(fields.split(' ')[11]) + Number(fields.split(' ')[12]);
      if (used - before <= 1) return;
      before = used;
      await setTimeout(ms);
    }
  }

  /** Waits for the end. */
  async exitCode(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }

  get json(): JsonLine[] {
    return this.out.map((line) => JSON.parse(line));
  }

  /** JSON lines of this type about this command. */
  about(type: string, command: string): JsonLine[] {
    return this.json.filter((line) => line.type === type && line.command === command);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.closed;
  }
}

/** The real program as a child process. */
export class Program extends ChildProgram {
  constructor(...args: string[]) {
    super(process.execPath, [main, ...args]);
  }
}

/** Runs a server with one client of its own over a script. */
export async function runScript(lines: readonly string[] | Buffer, ...flags: string[]) {
  await using program = new Program('server', '--spawn', '1', ...flags);
  program.end(Buffer.isBuffer(lines) ? lines : lines.map((line) => `${line}\n`).join(''));
  return { exitCode: await program.exitCode(), program };
}

/** Runs a server without any client over a script, for lines that fail before one is needed. */
export async function runAlone(lines: readonly string[] | Buffer, ...flags: string[]) {
  await using program = new Program('server', '--bind', 'tcp://127.0.0.1:*', ...flags);
  program.end(Buffer.isBuffer(lines) ? lines : lines.map((line) => `${line}\n`).join(''));
  return { exitCode: await program.exitCode(), program };
}

/** The program started by a shell, whose `script` runs it as `"$@"`. */
export function inShell(script: string, ...args: string[]): ChildProgram {
  return new ChildProgram('sh', ['-c', script, 'sh', process.execPath, main, ...args]);
}

/** The same for `signalbox server`. */
export const startInShell = (script: string, ...args: string[]): ChildProgram => inShell(script, 'server', ...args);
