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

// Names of commands have no dot.
const lockName = 'client.lock';
const holderName = 'client.holder';
const unheldPrefix = 'new-';
/** The name of a new folder until its lock is taken. */
export const formOfUnheld = /^new-[A-Za-z0-9]{6}$/;

/** The state folder of a client while this process holds it. Each command has its own subfolder of mode 0700. */
export class HeldFolder implements Disposable {
  readonly path: string;
  private readonly lock: FileLock;

  private constructor(path: string, lock: FileLock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Takes an existing folder.
   * @returns undefined if another process holds it.
   * @throws the error of the file system or of SQLite
   */
  static async take(path: string): Promise<HeldFolder | undefined> {
    const lock = await takeLock(path);
    return lock && new HeldFolder(path, lock);
  }

  /** Creates a folder with a random name. It gets that name once it is held, so nobody mistakes it for a leftover. */
  static async make(parent: string): Promise<HeldFolder> {
    makeFolder(parent);
    const made = mkdtempSync(join(parent, unheldPrefix));
    const lock = await takeLock(made);
    if (!lock) throw new Error(`${made} is held by ${holderOf(made)}`);
    const path = join(parent, randomHex(8));
    renameSync(made, path);
    return new HeldFolder(path, lock);
  }

  /** Returns the folder of a command, created if it is missing. */
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

  /** Removes the folder if it has no subfolders. The lock file is removed, too: nobody else waits for it. */
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
  // SQLite is loaded only for the few clients that have state.
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

/** Describes the process that holds the folder, as that process has recorded it. */
export function holderOf(path: string): string {
  try {
    return readFileSync(join(path, holderName), 'utf8').slice(0, 300).trim() || 'another process';
  } catch {
    return 'another process';
  }
}
