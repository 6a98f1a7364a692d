import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rmdir, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isShortage } from './bounded-read.ts';

/** The two ends of a pipe: ours to read, without blocking, and the program's to write. */
export interface Pipe {
  readonly reader: number;
  readonly writer: number;
}

/** Made at a time: each is two descriptors until it is used. */
const batch = 16;

/**
 * Real pipes. What Node makes under that name are sockets, and a program that opens /dev/stdout or /dev/stderr fails on
 * one (ENXIO, unix(7)). Made by `mkfifo` in a folder that is gone when they are open.
 *
 * Output only: reopening the FIFO after its writer has gone blocks forever.
 */
export class RealPipes {
  private readonly ready: Pipe[] = [];
  private making: Promise<boolean> | undefined;

  /**
   * @returns undefined where none can be made: no `mkfifo`, no room for temporary files.
   * @throws EMFILE, ENFILE, ENOMEM, EAGAIN
   */
  async take(count: number): Promise<Pipe[] | undefined> {
    while (this.ready.length < count) {
      this.making ??= this.make().finally(() => {
        this.making = undefined;
      });
      if (!(await this.making)) return undefined;
    }
    return this.ready.splice(0, count);
  }

  private async make(): Promise<boolean> {
    let remove = async () => {};
    try {
      const folder = await mkdtemp(join(tmpdir(), 'signalbox-pipes-'));
      const paths = Array.from({ length: batch }, (_, index) => join(folder, String(index)));
      // `rm` needs a descriptor, and there may be none left.
      remove = async () => {
        await Promise.allSettled(paths.map((path) => unlink(path)));
        await rmdir(folder).catch(() => {});
      };
      const mkfifo = spawn('mkfifo', ['-m', '600', ...paths], { stdio: 'ignore' });
      const [code] = await once(mkfifo, 'exit');
      if (code !== 0) return false;
      for (const path of paths) this.ready.push(openBoth(path));
      return true;
    } catch (error) {
      if (isShortage(error)) throw error;
      return false;
    } finally {
      await remove();
    }
  }
}

function openBoth(path: string): Pipe {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { reader, writer: openSync(path, constants.O_WRONLY) };
  } catch (error) {
    closeSync(reader);
    throw error;
  }
}
