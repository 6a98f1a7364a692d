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
 * A job of this client, from its first note until its outcome is acked. Whenever this process dies, the next process continues from the
 * last note and the state of the container:
 *
 * | last note | container | action of the next process |
 * | --- | --- | --- |
 * | none | none | none: the job is lost, and never began |
 * | the job | none, or created | removes it; the job has failed, because the container was never started |
 * | container id | created | the same |
 * | `unstarted` | created, or removed | the same |
 * | container id | running, or ended | follows it: output from the first byte, deadline, cancel |
 * | container id | removed | the job has failed: somebody else removed the container, and its end is unknown |
 * | `told` | any of these | the same, and ends a running container: the job was cancelled, or has exceeded its deadline |
 * | its end, with its last output | any | removes it; the job ends as noted |
 * | note removed | removed | none: a server has the outcome |
 *
 * Only the process that noted a container, or the next one, creates, starts and removes it. No container is started twice.
 */
export class NotedJob {
  private readonly notes: Notes;
  private current: Note;
  private readonly onOver: (job: NotedJob) => Promise<void>;
  /** Whether the engine may have a container of this job. */
  mayHaveContainer: boolean;
  /** Pending or lost answers of the engine, which may be creating the container. */
  private readonly creations: Promise<unknown>[] = [];
  /** Whether an earlier process may have died before the answer. */
  private readonly wasLost: boolean;
  print: (line: string) => void = () => {};

  /** @param onOver called when a server has the outcome, and the notes are no longer needed */
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
    // Need not be durable: the server repeats a cancel, and the clock a deadline. Only an end of this process is not repeated.
    const told = () => void this.write({ told: toldBy(job.signal) }, false).catch(() => {});
    if (job.signal.aborted) told();
    else job.signal.addEventListener('abort', told, { once: true });
  }

  /** Call before the engine creates the container. */
  creating(): void {
    this.mayHaveContainer = true;
  }

  /** Call if the engine has not answered and may be creating the container. */
  unanswered(creating: Promise<unknown>): void {
    this.creations.push(creating);
  }

  /** Waits for the answers of the engine. @returns whether one was lost, so that the engine may still be creating the container */
  async isBeingMade(): Promise<boolean> {
    const answers = await Promise.allSettled(this.creations);
    return this.wasLost || answers.some(({ status }) => status === 'rejected');
  }

  /** Notes the id of the created container. From now on, the container may have been started. */
  async created(containerId: string): Promise<void> {
    await this.write({ containerId }, false);
  }

  /** Notes that the container was never started and will be removed. */
  async unstarted(): Promise<void> {
    await this.write({ unstarted: true }, false);
  }

  /**
   * Notes the decided outcome with the last output. After that, the container may be removed.
   * @throws SignalboxError if the note cannot be written
   */
  async ended(ended: Ended, output?: KeptPieces): Promise<void> {
    const { stdout = 0, stderr = 0 } = output?.ends ?? {};
    if (output && stdout + stderr > 0) {
      await writeWhole(this.notes.outputOf(this.current.jobId), encodeTail(output));
    }
    await this.write({ ended }, true);
  }

  /** Call when the engine has no container of the job any more, or the container must stay there. */
  removed(): void {
    this.mayHaveContainer = false;
  }

  /** The last output; undefined if none was kept. */
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
