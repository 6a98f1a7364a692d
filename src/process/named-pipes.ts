import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The two ends of a pipe: ours to read, without blocking, and the program's to write. */
export interface Pipe {
  readonly reader: number;
  readonly writer: number;
}

const batch = 32;

/**
 * Real pipes. What Node makes under that name are sockets, and a program that opens /dev/stdout or /dev/stderr fails on
 * one (ENXIO, unix(7)). Made as named pipes by `mkfifo`, many at a time, in a folder of our own; each loses its name when
 * it is opened.
 *
 * For output only: who opens the name of a named pipe to read, when its writer has gone already, waits for ever.
 */
export class NamedPipes {
  private readonly names: string[] = [];
  private making: Promise<void> | undefined;
  private made = 0;
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @returns undefined where there is no `mkfifo`, or no folder for it. */
  static async open(): Promise<NamedPipes | undefined> {
    try {
      const pipes = new NamedPipes(await mkdtemp(join(tmpdir(), 'signalbox-pipes-')));
      await pipes.make();
      return pipes;
    } catch {
      return undefined;
    }
  }

  /** Where those are that wait to be used; whoever ends last removes it. */
  get directory(): string {
    return this.folder;
  }

  /** Takes care that so many can be taken. */
  async prepare(count: number): Promise<void> {
    while (this.names.length < count) {
      this.making ??= this.make().finally(() => {
        this.making = undefined;
      });
      await this.making;
    }
  }

  take(): Pipe {
    const path = this.names.pop();
    if (path === undefined) throw new Error('no pipe has been prepared');
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return { reader, writer: openSync(path, constants.O_WRONLY) };
    } catch (error) {
      closeSync(reader);
      throw error;
    } finally {
      unlinkSync(path);
    }
  }

  private async make(): Promise<void> {
    const paths = Array.from({ length: batch }, () => join(this.folder, String(this.made++)));
    await promisify(execFile)('mkfifo', ['-m', '600', ...paths]);
    this.names.push(...paths);
  }
}
