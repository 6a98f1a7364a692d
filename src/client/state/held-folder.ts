import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { FileLock } from '../../file-lock.ts';
import { makeFolder } from '../../make-folder.ts';
import { randomHex } from '../../process/random-hex.ts';

// No command has a name with a dot.
const lockName = 'client.lock';
const holderName = 'client.holder';
const unheldPrefix = 'new-';
/** The name of a new folder until it is held. */
export const formOfUnheld = /^new-[A-Za-z0-9]{6}$/;

/** The folder of a client's state while this process holds it. Each command has a folder of its own in it, of mode 0700. */
export class HeldFolder implements Disposable {
  readonly path: string;
  private readonly lock: FileLock;

  private constructor(path: string, lock: FileLock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Takes a folder that is there.
   * @returns undefined while another process holds it.
   * @throws the error of the file system or of SQLite
   */
  static async take(path: string): Promise<HeldFolder | undefined> {
    const lock = await takeLock(path);
    return lock && new HeldFolder(path, lock);
  }

  /** Makes a folder of a new name. It has that name only when it is held, so nobody takes it for one that was left. */
  static async make(parent: string): Promise<HeldFolder> {
    makeFolder(parent);
    const made = mkdtempSync(join(parent, unheldPrefix));
    const lock = await takeLock(made);
    if (!lock) throw new Error(`${made} is held by ${holderOf(made)}`);
    const path = join(parent, randomHex(8));
    renameSync(made, path);
    return new HeldFolder(path, lock);
  }

  /** That of a command, made unless it is there. */
  of(command: string): string {
    const path = join(this.path, command);
    makeFolder(path);
    chmodSync(path, 0o700);
    return path;
  }

  /** The commands that have a folder here. */
  get commands(): string[] {
    return readdirSync(this.path).filter((name) => name !== lockName && name !== holderName);
  }

  remove(command: string): void {
    rmSync(join(this.path, command), { recursive: true, force: true });
  }

  /** Removes the folder where no command has one. The lock goes with it: nobody else waits for it. */
  removeIfEmpty(): void {
    if (this.commands.length > 0) return;
    rmSync(join(this.path, holderName), { force: true });
    rmSync(join(this.path, lockName), { force: true });
    rmdirSync(this.path);
  }

  [Symbol.dispose](): void {
    this.lock[Symbol.dispose]();
  }
}

async function takeLock(path: string): Promise<FileLock | undefined> {
  // Few clients have state: they alone load SQLite.
  const { FileLock } = await import('../../file-lock.ts');
  const lock = FileLock.take(join(path, lockName));
  try {
    if (lock) writeFileSync(join(path, holderName), `process ${process.pid} on ${hostname()}\n`, { mode: 0o600 });
    return lock;
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw error;
  }
}

/** Who holds the folder, for people: as that process has noted it. */
export function holderOf(path: string): string {
  try {
    return readFileSync(join(path, holderName), 'utf8').slice(0, 300).trim() || 'another process';
  } catch {
    return 'another process';
  }
}
