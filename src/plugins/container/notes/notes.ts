import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SignalboxError } from '../../../index.ts';
import { type Note, noteSchema } from './note.ts';
import { unfinished, writeWhole } from './write-whole.ts';

const installationName = 'installation';
const asideName = 'set-aside';
const formOfInstallation = /^[0-9a-f]{32}$/;
const formOfOwn = /^([0-9a-z]{8,32}\.[1-9]\d{0,14})\.(note|output)$/;

/**
 * The notes of one client, in a folder that only this process holds, with a file for each job that is not over. A job is over
 * when its outcome is acked, so the notes are the work of the next process.
 *
 * | file | exists from | until |
 * | --- | --- | --- |
 * | `JOB.note` | before the container is created | the outcome is acked |
 * | `JOB.output` | before the container is removed | the same |
 * | `installation` | the first job | the folder is removed; it distinguishes this client's containers from those of a namesake |
 * | `set-aside/` | an unknown file is found | somebody removes it |
 */
export class Notes {
  readonly folder: string;
  private made: Promise<string> | undefined;
  /** The last write of each job. Writes of a job are sequential. */
  private readonly writing = new Map<string, Promise<void>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** A random id of this folder; undefined if no job was noted yet. */
  async installation(): Promise<string | undefined> {
    const text = await readFile(join(this.folder, installationName), 'utf8').catch(() => '');
    return formOfInstallation.test(text.trim()) ? text.trim() : undefined;
  }

  /** The id of this folder, which is created if it is missing. @throws SignalboxError `command_failed` if it cannot be written */
  async makeInstallation(): Promise<string> {
    this.made ??= this.installation().then((found) => found ?? this.writeInstallation());
    try {
      return await this.made;
    } catch (cause) {
      this.made = undefined;
      throw failure(`the notes of jobs in ${this.folder} cannot be used`, cause);
    }
  }

  /**
   * All notes, oldest first. Unreadable files are set aside, so that they do not prevent a start.
   * @param onAside receives a sentence about each file that was set aside.
   * @throws SignalboxError `command_failed` if the folder cannot be read.
   */
  async all(onAside: (sentence: string) => void): Promise<Note[]> {
    try {
      const notes: Note[] = [];
      const names = await readdir(this.folder);
      for (const name of names.filter((one) => one !== installationName && one !== asideName)) {
        const [, id, kind] = formOfOwn.exec(name) ?? [];
        if (name.endsWith(unfinished)) await discard(join(this.folder, name));
        else if (kind === 'note') {
          const note = await readNote(join(this.folder, name));
          if (note && note.jobId === id) notes.push(note);
          else onAside(await this.setAside(name, 'is not a note of a job, or is damaged'));
        } else if (kind !== 'output') onAside(await this.setAside(name, 'is none of its files'));
        else if (!names.includes(`${id}.note`)) await discard(join(this.folder, name));
      }
      return notes.sort((a, b) => a.jobId.localeCompare(b.jobId, 'en', { numeric: true }));
    } catch (cause) {
      throw failure(`the notes of jobs in ${this.folder} cannot be read`, cause);
    }
  }

  /**
   * Writes the note of a job, in place of an earlier one.
   * @param options.durable as of `writeWhole`
   * @throws SignalboxError `command_failed` if it cannot be written; then the earlier note is unchanged
   */
  async write(note: Note, options?: { readonly durable: boolean }): Promise<void> {
    await this.inOrder(note.jobId, async () => {
      try {
        await writeWhole(join(this.folder, `${note.jobId}.note`), `${JSON.stringify(note)}\n`, options);
      } catch (cause) {
        throw failure(`the job cannot be noted in ${this.folder}`, cause);
      }
    });
  }

  /** Call when the job is over. Does not throw: if the note stays, its job is settled anyway. */
  async remove(jobId: string): Promise<void> {
    await this.inOrder(jobId, async () => {
      for (const path of [join(this.folder, `${jobId}.note`), this.outputOf(jobId)]) {
        await discard(path);
      }
    });
    this.writing.delete(jobId);
  }

  /** The file with the output of a job after its container was removed. */
  outputOf(jobId: string): string {
    return join(this.folder, `${jobId}.output`);
  }

  private inOrder(jobId: string, write: () => Promise<void>): Promise<void> {
    const written = (this.writing.get(jobId) ?? Promise.resolve()).then(write, write);
    this.writing.set(jobId, written);
    return written;
  }

  private async writeInstallation(): Promise<string> {
    const installation = randomBytes(16).toString('hex');
    await writeWhole(join(this.folder, installationName), `${installation}\n`);
    return installation;
  }

  private async setAside(name: string, why: string): Promise<string> {
    const path = join(this.folder, name);
    const to = join(this.folder, asideName, name);
    try {
      await mkdir(join(this.folder, asideName), { recursive: true, mode: 0o700 });
      await rm(to, { recursive: true, force: true });
      await rename(path, to);
      return `${path} ${why}; it was set aside: ${to}`;
    } catch (error) {
      return `${path} ${why}, and cannot be set aside: ${error instanceof Error ? error.message : error}`;
    }
  }
}

/** Removes a file or a folder. If that fails, the next process tries again. */
const discard = (path: string): Promise<void> => rm(path, { recursive: true, force: true }).catch(() => {});

/** @returns undefined if the file is not a note. @throws errors of the file system */
async function readNote(path: string): Promise<Note | undefined> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'EISDIR') return '';
    throw error;
  });
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const failure = (what: string, cause: unknown): SignalboxError =>
  new SignalboxError('command_failed', `${what}: ${cause instanceof Error ? cause.message : cause}`, { cause });
