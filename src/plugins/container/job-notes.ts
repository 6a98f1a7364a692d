import { type JobContext, SignalboxError } from '../../index.ts';
import type { ContainerArgs } from './contract.ts';
import type { Engine } from './engine.ts';
import { failureOf } from './failure.ts';
import type { Note } from './note.ts';
import { NotedJob, noteOf } from './noted-job.ts';
import { Notes } from './notes.ts';
import { removeNoted } from './own-containers.ts';

/** The notes of the client that this plug-in is loaded by, and what is still to be removed of jobs that are over. */
export class JobNotes {
  private readonly engine: Engine;
  private notes: Notes | undefined;
  /** Keeps the folder of a client that else takes it along. */
  keep: (() => void) | undefined;
  /** By the marks of their containers. */
  private readonly known = new Map<string, NotedJob>();
  private readonly work = new Set<Promise<void>>();
  private readonly closing = new AbortController();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  open(folder: string): Notes {
    if (this.notes?.folder !== folder) this.notes = new Notes(folder);
    return this.notes;
  }

  /**
   * Notes a job, before anything of it is made.
   * @returns it, and the word that tells its container from those of a namesake.
   * @throws SignalboxError that says why this client keeps no notes: then it runs no containers.
   */
  async begin(args: ContainerArgs, job: JobContext): Promise<{ noted: NotedJob; installation: string }> {
    const notes = this.open(await job.state());
    const note = noteOf(args, job);
    const installation = await notes.makeInstallation();
    await notes.write(note);
    const noted = new NotedJob(notes, note, (ended) => this.over(ended), false);
    this.known.set(note.mark, noted);
    noted.watch(job);
    return { noted, installation };
  }

  /** The word that tells the containers of this client from those of a namesake; undefined where it has made none. */
  async installation(): Promise<string | undefined> {
    return await this.notes?.installation();
  }

  /** A job that an earlier process has noted. */
  takeUp(notes: Notes, note: Note): NotedJob {
    const noted = this.known.get(note.mark) ?? new NotedJob(notes, note, (ended) => this.over(ended));
    this.known.set(note.mark, noted);
    return noted;
  }

  /** If its container is still there when this is disposed of, the notes are needed by another process. */
  keptUntilRemoved(noted: NotedJob): Disposable {
    return {
      [Symbol.dispose]: () => {
        if (noted.mayHaveContainer) this.keep?.();
      },
    };
  }

  /** Whether the container with this mark is that of a job that is not over. */
  isKnown(mark: string): boolean {
    return this.known.has(mark);
  }

  /** Aborts when the client has closed. */
  get signal(): AbortSignal {
    return this.closing.signal;
  }

  /** Does what no job waits for. */
  inBackground(work: () => Promise<void>, print: (line: string) => void): void {
    const done = work().catch((error) => {
      if (!this.signal.aborted) print(failureOf(error).message);
    });
    this.work.add(done);
    void done.finally(() => this.work.delete(done));
  }

  /** The client has closed: what is not removed by now is left to its next process. */
  async close(withinMs = 2_000): Promise<void> {
    const timer = setTimeout(() => this.closing.abort('closed'), withinMs);
    await Promise.allSettled(this.work);
    clearTimeout(timer);
    this.closing.abort('closed');
  }

  private over(job: NotedJob): Promise<void> {
    const removal = this.remove(job);
    this.work.add(removal);
    return removal.finally(() => this.work.delete(removal));
  }

  private async remove(job: NotedJob): Promise<void> {
    const { note, mayHaveContainer } = job;
    const isToStay = note.args.leave && note.ended?.result;
    try {
      if (mayHaveContainer && !isToStay) await removeNoted(await this.engine.docker(), note, this.closing.signal);
    } catch (cause) {
      // The note stays, so the next process tries again.
      if (this.closing.signal.aborted) return;
      throw new SignalboxError('command_failed', `the container of job ${note.jobId} is left: ${cause}`, { cause });
    }
    await job.forget();
    this.known.delete(note.mark);
  }
}
