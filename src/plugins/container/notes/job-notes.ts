import { setTimeout as sleep } from 'node:timers/promises';
import type { JobContext } from '../../../index.ts';
import type { ContainerArgs } from '../contracts/container.ts';
import type { Engine } from '../engine/engine.ts';
import { failureOf } from '../engine/failure.ts';
import { unlessAborted } from '../engine/unless-aborted.ts';
import type { Note } from './note.ts';
import { NotedJob, noteOf } from './noted-job.ts';
import { Notes } from './notes.ts';
import { removeNoted } from './remove-noted.ts';

const firstPauseMs = 1_000;
const mostPauseMs = 60_000;

/** The notes of the client that loads this plug-in, and the containers of ended jobs that are still to be removed. */
export class JobNotes {
  private readonly engine: Engine;
  private notes: Notes | undefined;
  /** Keeps the notes folder of a client that would otherwise remove it at its end. */
  keep: (() => void) | undefined;
  /** Jobs by the marks of their containers. */
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
   * Notes a job, before anything is created for it.
   * @returns the notes, and the id that distinguishes the containers of this client from those of another client with the same name
   * @throws SignalboxError if this client cannot keep notes; then it runs no containers
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

  /** Id that distinguishes the containers of this client from those of another client with the same name; undefined if it has created none. */
  async installation(): Promise<string | undefined> {
    return await this.notes?.installation();
  }

  /** Continues a job that an earlier process has noted. */
  takeUp(notes: Notes, note: Note): NotedJob {
    const noted = this.known.get(note.mark) ?? new NotedJob(notes, note, (ended) => this.over(ended));
    this.known.set(note.mark, noted);
    return noted;
  }

  /** If the container still exists on disposal, the notes stay for another process. */
  keptUntilRemoved(noted: NotedJob): Disposable {
    return {
      [Symbol.dispose]: () => {
        if (noted.mayHaveContainer) this.keep?.();
      },
    };
  }

  /** Whether the container with this mark belongs to a job that is not over. */
  isKnown(mark: string): boolean {
    return this.known.has(mark);
  }

  /** Aborts when the client has closed. */
  get signal(): AbortSignal {
    return this.closing.signal;
  }

  /** Runs work for which no job waits. */
  inBackground(work: () => Promise<void>, print: (line: string) => void): void {
    const done = work().catch((error) => {
      if (!this.signal.aborted) print(failureOf(error).message);
    });
    this.work.add(done);
    void done.finally(() => this.work.delete(done));
  }

  /** Call when the client has closed. Its next process removes the remaining containers. */
  async close(withinMs = 2_000): Promise<void> {
    const timer = setTimeout(() => this.closing.abort('closed'), withinMs);
    await unlessAborted(this.signal, Promise.allSettled(this.work)).catch(() => {});
    clearTimeout(timer);
    this.closing.abort('closed');
  }

  private over(job: NotedJob): Promise<void> {
    const removal = this.remove(job);
    this.work.add(removal);
    return removal.finally(() => this.work.delete(removal));
  }

  /** Retries until the container is gone. If the client ends first, the note stays and its next process continues. */
  private async remove(job: NotedJob): Promise<void> {
    const { signal } = this;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(mostPauseMs, 2 * pauseMs)) {
      try {
        await this.removeContainer(job);
        break;
      } catch (error) {
        if (signal.aborted) return;
        const { jobId } = job.note;
        job.print(
          `job ${jobId}: its container is still there; trying again in ${pauseMs / 1_000} s: ${failureOf(error).message}`,
        );
        await sleep(pauseMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
      }
    }
    await job.forget();
    this.known.delete(job.note.mark);
  }

  private async removeContainer(job: NotedJob): Promise<void> {
    const { note } = job;
    const isToStay = note.args.leave && note.ended?.result;
    if (!job.mayHaveContainer || isToStay) return;
    const { signal } = this;
    const isBeingMade = await unlessAborted(signal, job.isBeingMade());
    await removeNoted(await this.engine.docker(), note, { signal, isBeingMade });
  }
}
