import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { unknownBoot } from '../../jobs/unknown-boot.ts';
import { wordsOf } from '../../process/system-error.ts';
import type { Sync } from './database.ts';
import { StoreFailure } from './failure.ts';
import type { StoreRow } from './store-row.ts';

/** The holder, and the last batch that it committed. */
interface Place {
  readonly epoch: string;
  readonly batch: number;
}

interface Note extends Place {
  /** A server that is about to take the store. */
  readonly next?: string;
  /** Boot id of the kernel. */
  readonly kernel: string;
  /** When it was written, in ms since the epoch. */
  readonly atMs: number;
  /** It is on the disk, and its server has ended. */
  readonly isLast?: true;
}

const noteBytes = 256;
/** Between reading the clock and writing. */
const maxWritingMs = 2_000;

/**
 * A file beside the store that says which commit was its last one: a store that is not so far is an older copy that was
 * put back. It is written after each commit and before anybody hears of it, so it can be behind by one. It must not go
 * with copies; should it, its times give it away, of which nobody can set that of its last change.
 */
export class LastCommit implements Disposable {
  private readonly file: number;
  private readonly kernel = kernelBoot();
  private place: Place | undefined;

  private constructor(file: number) {
    this.file = file;
  }

  /** @throws StoreFailure `unavailable` */
  static open(storePath: string): LastCommit {
    const path = pathOf(storePath);
    try {
      // Who may write in the folder could link it to a file that only this user may change.
      return new LastCommit(openSync(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600));
    } catch (cause) {
      throw new StoreFailure('unavailable', `${path} cannot be opened: ${wordsOf(cause)}`, { cause });
    }
  }

  /** The store is another one from now on. */
  static forget(storePath: string): void {
    rmSync(pathOf(storePath), { force: true });
  }

  /** Whether the store is as its last holder has left it. */
  proves({ epoch, last_batch: last }: StoreRow, sync: Sync): boolean {
    const note = this.read();
    // Nobody has held it yet.
    if (epoch === null || !note) return epoch === null && !note;
    if (note.next === epoch) return last === 0;
    if (note.epoch !== epoch) return false;
    const ahead = last - note.batch;
    if (note.kernel === this.kernel || note.isLast) return ahead === 0 || ahead === 1;
    // After a power cut the note may be older than it was, and without `full` the store, too.
    return sync === 'full' && ahead >= 0;
  }

  /**
   * Before a server takes the store: until that is committed both states are the last one.
   * @param isProven whether the store was as its last holder has left it.
   */
  taking({ epoch, last_batch: batch }: StoreRow, next: string, isProven: boolean): void {
    this.write(isProven && epoch !== null ? { epoch, batch, next } : { epoch: '', batch: 0, next });
    fsyncSync(this.file);
  }

  committed(epoch: string, batch: number): void {
    this.place = { epoch, batch };
    this.write(this.place);
  }

  [Symbol.dispose](): void {
    if (this.place) {
      this.write({ ...this.place, isLast: true });
      fsyncSync(this.file);
    }
    closeSync(this.file);
  }

  private write(facts: Omit<Note, 'kernel' | 'atMs'>): void {
    const note: Note = { ...facts, kernel: this.kernel, atMs: Date.now() };
    writeSync(this.file, JSON.stringify(note).padEnd(noteBytes), 0);
  }

  /** Undefined if there is none. One that was copied or damaged proves nothing. */
  private read(): (Partial<Note> & { batch: number }) | undefined {
    const { size, mtimeNs, ctimeNs, mtimeMs } = fstatSync(this.file, { bigint: true });
    if (size === 0n) return undefined;
    const nothing = { batch: 0 };
    try {
      const text = Buffer.alloc(noteBytes);
      const note: Note = JSON.parse(text.toString('utf8', 0, readSync(this.file, text, 0, noteBytes, 0)));
      const isOriginal = mtimeNs === ctimeNs && Math.abs(Number(mtimeMs) - note.atMs) < maxWritingMs;
      return isOriginal ? note : nothing;
    } catch {
      return nothing;
    }
  }
}

/** In an older copy that was put back: what waits may have been sent since, nobody knows to which process. */
export function bindWaiting(database: DatabaseSync): void {
  database.prepare('UPDATE jobs SET boot = ? WHERE outcome IS NULL AND boot IS NULL').run(unknownBoot);
}

/** One store can have several names. */
const pathOf = (storePath: string): string => `${realpathSync(storePath)}-last`;

function kernelBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
