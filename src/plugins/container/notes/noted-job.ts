import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { JobContext } from '../../../index.ts';
import type { ContainerArgs } from '../contracts/container.ts';
import { decodeTail, encodeTail, type KeptPieces } from '../log/output-tail.ts';
import { toldBy } from './ended.ts';
import type { Ended, Note } from './note.ts';
import type { Notes } from './notes.ts';
import { writeWhole } from './write-whole.ts';

/**
 * A job of this client from its first note until its outcome is acked. Whenever this process dies, the next one finds what was noted
 * last, and the engine says the rest:
 *
 * | noted last | container | what the next process does |
 * | --- | --- | --- |
 * | nothing | none | nothing: the job is lost, and was never begun |
 * | the job | none, or created | removes it; the job has failed, as it was never started |
 * | container id | created | the same |
 * | that it was never started | created, or gone | the same |
 * | container id | runs, or has ended | follows it: output from its first byte, deadline, cancel |
 * | container id | gone | the job has failed: somebody else removed it, and what became of it is unknown |
 * | that it was told to end | any of these | the same, and ends what still runs: it was cancelled, or is past its deadline |
 * | its end, with its last output | there, or removed | removes it; the job ends as noted |
 * | nothing any more | removed | nothing: a server has the outcome |
 *
 * A container is created, started and removed by the process that noted it or by the next one; nobody starts one twice.
 */
export class NotedJob {
  private readonly notes: Notes;
  private current: Note;
  private readonly onOver: (job: NotedJob) => Promise<void>;
  /** A container of this job may be on the engine. */
  mayHaveContainer: boolean;
  /** Answers of the engine that are on their way, or were lost, while it may be making the container. */
  private readonly creations: Promise<unknown>[] = [];
  /** An earlier process may have died before the answer. */
  private readonly wasLost: boolean;
  print: (line: string) => void = () => {};

  /** @param onOver is called when a server has its outcome: nothing of the job is needed any more. */
  constructor(notes: Notes, note: Note, onOver: (job: NotedJob) => Promise<void>, mayHaveContainer = true) {
    this.mayHaveContainer = mayHaveContainer;
    this.wasLost = mayHaveContainer;
    this.notes = notes;
    this.current = note;
    this.onOver = onOver;
  }

  get note(): Note {
    return this.current;
  }

  /** Follows the job until it is over. */
  watch(job: JobContext): void {
    this.print = (line) => job.print(line);
    job.onForgotten(() => this.onOver(this));
    // What it is told is known again by the server, or by the clock, unless this process was told to end.
    const told = () => void this.write({ told: toldBy(job.signal) }, false).catch(() => {});
    if (job.signal.aborted) told();
    else job.signal.addEventListener('abort', told, { once: true });
  }

  /** The engine is about to make its container. */
  creating(): void {
    this.mayHaveContainer = true;
  }

  /** The engine may be making its container. */
  unanswered(creating: Promise<unknown>): void {
    this.creations.push(creating);
  }

  /** Waits for the answers of the engine. @returns whether one was lost, so that it may still be making the container. */
  async isBeingMade(): Promise<boolean> {
    const answers = await Promise.allSettled(this.creations);
    return this.wasLost || answers.some(({ status }) => status === 'rejected');
  }

  /** The engine has made its container. What is noted now says that it may have been started. */
  async created(containerId: string): Promise<void> {
    await this.write({ containerId }, false);
  }

  /** Its container was never started, and is about to be removed. */
  async unstarted(): Promise<void> {
    await this.write({ unstarted: true }, false);
  }

  /**
   * Its outcome is decided, and this is its last output; then its container may go.
   * @throws SignalboxError if that cannot be noted
   */
  async ended(ended: Ended, output?: KeptPieces): Promise<void> {
    const { stdout = 0, stderr = 0 } = output?.ends ?? {};
    if (output && stdout + stderr > 0) {
      await writeWhole(this.notes.outputOf(this.current.jobId), encodeTail(output));
    }
    await this.write({ ended }, true);
  }

  /** No container of it is on the engine any more, or it is to stay there. */
  removed(): void {
    this.mayHaveContainer = false;
  }

  /** Its last output; undefined if none was kept. */
  async output(): Promise<KeptPieces | undefined> {
    const bytes = await readFile(this.notes.outputOf(this.current.jobId)).catch(() => undefined);
    return bytes && decodeTail(bytes);
  }

  async forget(): Promise<void> {
    await this.notes.remove(this.current.jobId);
  }

  private async write(change: Partial<Note>, durable: boolean): Promise<void> {
    this.current = { ...this.current, ...change };
    await this.notes.write(this.current, { durable });
  }
}

/** The first note of a job. */
export function noteOf({ image, leave, stats }: ContainerArgs, job: JobContext): Note {
  return {
    version: 1,
    jobId: job.id,
    storeId: job.storeId,
    mark: randomBytes(16).toString('hex'),
    args: { image, leave, stats },
    ...(job.timeoutMs !== undefined && { deadlineMs: Date.now() + job.timeoutMs, timeLeftMs: job.timeoutMs }),
  };
}
