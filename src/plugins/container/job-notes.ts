import { type JobContext, SignalboxError } from '../../index.ts';
import type { ContainerArgs } from './create-options.ts';
import type { Engine } from './engine.ts';
import type { Note } from './note.ts';
import { NotedJob, noteOf } from './noted-job.ts';
import { Notes } from './notes.ts';
import { removeNoted } from './own-containers.ts';

/** The notes of the client that this plug-in is loaded by, and what is still to be removed of jobs that are over. */
export class JobNotes {
  private readonly engine: Engine;
  private opening: { readonly folder: string; readonly notes: Promise<Notes> } | undefined;
  private readonly removals = new Set<Promise<void>>();
  private readonly closing = new AbortController();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** @throws SignalboxError `command_failed` if the folder cannot be used. */
  async open(folder: string): Promise<Notes> {
    if (this.opening?.folder !== folder) this.opening = { folder, notes: Notes.open(folder) };
    const { opening } = this;
    try {
      return await opening.notes;
    } catch (error) {
      if (this.opening === opening) this.opening = undefined;
      throw error;
    }
  }

  /**
   * Notes a job, before anything of it is made.
   * @throws SignalboxError that says why this client keeps no notes: then it runs no containers.
   */
  async begin(args: ContainerArgs, job: JobContext): Promise<NotedJob> {
    const notes = await this.open(await job.state());
    const note = noteOf(args, job);
    await notes.write(note);
    const noted = new NotedJob(notes, note, (job) => this.over(job), false);
    noted.watch(job);
    return noted;
  }

  /** A job that an earlier process has noted. */
  takeUp(notes: Notes, note: Note): NotedJob {
    return new NotedJob(notes, note, (job) => this.over(job));
  }

  /** The client has closed: what is not removed by now is left to its next process. */
  async close(withinMs = 2_000): Promise<void> {
    const timer = setTimeout(() => this.closing.abort('closed'), withinMs);
    await Promise.allSettled(this.removals);
    clearTimeout(timer);
    this.closing.abort('closed');
  }

  private over(job: NotedJob): Promise<void> {
    const removal = this.remove(job);
    this.removals.add(removal);
    return removal.finally(() => this.removals.delete(removal));
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
  }
}
