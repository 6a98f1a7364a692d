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
  /** Boot id of a server that is about to take the store. */
  readonly next?: string;
  /** Boot id of the kernel. */
  readonly kernel: string;
  /** Time at which it was written, in ms since the epoch. */
  readonly atMs: number;
  /** The note is on the disk, and its server has ended. */
  readonly isLast?: true;
}

const noteBytes = 256;
/** Maximum time between reading the clock and writing. */
const maxWritingMs = 2_000;

/**
 * A file next to the store that records its last commit. A store that is behind it is an older copy that was restored.
 * It is written after each commit and before the commit is reported, so it can be behind by one. It must not be part of
 * copies; if it is, its timestamps reveal that, because nobody can set the time of its last change.
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
      // Otherwise, whoever can write in the folder could link it to a file that only this user may change.
      return new LastCommit(openSync(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600));
    } catch (cause) {
      throw new StoreFailure('unavailable', `${path} cannot be opened: ${wordsOf(cause)}`, { cause });
    }
  }

  /** Removes the file, because the store is replaced. */
  static forget(storePath: string): void {
    rmSync(pathOf(storePath), { force: true });
  }

  /** Whether the store is in the state in which its last holder left it. */
  proves({ epoch, last_batch: last }: StoreRow, sync: Sync): boolean {
    const note = this.read();
    // It never had a holder.
    if (epoch === null || !note) return epoch === null && !note;
    if (note.next === epoch) return last === 0;
    if (note.epoch !== epoch) return false;
    const ahead = last - note.batch;
    if (note.kernel === this.kernel || note.isLast) return ahead === 0 || ahead === 1;
    // After a power failure the note may be older than it was, and so may the store without `full`.
    return sync === 'full' && ahead >= 0;
  }

  /**
   * Called before a server takes the store. Until that is committed, both states are valid as the last one.
   * @param isProven whether the store was in the state in which its last holder left it.
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

  /** Undefined if there is none. A copied or damaged note proves nothing. */
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

/** In an older copy that was restored, waiting jobs may have been sent since then, to an unknown process. */
export function bindWaiting(database: DatabaseSync): void {
  database.prepare('UPDATE jobs SET boot = ? WHERE outcome IS NULL AND boot IS NULL').run(unknownBoot);
}

/** Resolved, because one store can have several names. */
const pathOf = (storePath: string): string => `${realpathSync(storePath)}-last`;

function kernelBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
