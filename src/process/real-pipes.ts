import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isShortage } from './bounded-read.ts';

/** The two ends of a pipe: ours for non-blocking reads, the program's for writes. */
export interface Pipe {
  readonly reader: number;
  readonly writer: number;
}

/** Pipes created at a time, doubled each time; each takes two descriptors until it is used. */
const batch = { first: 16, largest: 64 };

/**
 * Creates real pipes. Node's pipes are sockets, on which opening /dev/stdout or /dev/stderr fails (ENXIO, unix(7)).
 * They are created by `mkfifo` in a folder that is removed once they are open.
 *
 * Output only: reopening the FIFO after its writer has gone blocks forever.
 */
export class RealPipes {
  private readonly ready: Pipe[] = [];
  private batch = batch.first;
  private making: Promise<boolean> | undefined;

  /**
   * @returns undefined if none can be created: no `mkfifo`, or no space for temporary files.
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
    let remove = () => {};
    try {
      const folder = mkdtempSync(join(tmpdir(), 'signalbox-pipes-'));
      const paths = Array.from({ length: this.batch }, (_, index) => join(folder, String(index)));
      // `rm` needs a descriptor, which may not be available.
      remove = () => {
        for (const path of paths) quietly(() => unlinkSync(path));
        quietly(() => rmdirSync(folder));
      };
      const mkfifo = spawn('mkfifo', ['-m', '600', ...paths], { stdio: 'ignore' });
      const [code] = await once(mkfifo, 'exit');
      if (code !== 0) return false;
      for (const path of paths) this.ready.push(openBoth(path));
      this.batch = Math.min(this.batch * 2, batch.largest);
      return true;
    } catch (error) {
      if (isShortage(error)) throw error;
      return false;
    } finally {
      remove();
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

function quietly(act: () => void): void {
  try {
    act();
  } catch {}
}
