import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { type OutputStream, outputStreams } from './options.ts';
import type { OutputLog } from './output-log.ts';

/** Exceeds the unwritten output in pipes and in this process: a pipe holds 64 KiB, at most 1 MiB. */
const restBytes = 4_194_304;

/** Copies the output of a process into its log as fast as the log accepts it, independently of readers. */
export class IncomingOutput {
  private readonly log: OutputLog;
  private readonly pipes: Readonly<Record<OutputStream, Readable>>;
  private readonly ended: Promise<unknown>;

  constructor(pipes: Readonly<Record<OutputStream, Readable>>, log: OutputLog) {
    this.log = log;
    this.pipes = pipes;
    log.onRoom = () => {
      for (const stream of outputStreams) pipes[stream].resume();
    };
    this.ended = Promise.all(outputStreams.map((stream) => this.carry(stream, log)));
  }

  /**
   * Call it when the process has ended. Resolves when both streams have ended and are in the log, whose bound no longer
   * applies.
   * @returns whether they were cut off, because something held them open for longer than `patienceMs`.
   */
  async finish(patienceMs: number): Promise<boolean> {
    let cut = false;
    this.log.extend(restBytes);
    const timer = setTimeout(() => {
      cut = true;
      this.log.extend(restBytes);
      for (const stream of outputStreams) this.pipes[stream].destroy();
    }, patienceMs);
    await this.ended;
    clearTimeout(timer);
    return cut;
  }

  private async carry(stream: OutputStream, log: OutputLog): Promise<void> {
    const pipe = this.pipes[stream];
    pipe.on('data', (data: Buffer) => {
      if (log.append(stream, data)) return;
      for (const other of outputStreams) this.pipes[other].pause();
    });
    pipe.on('error', () => {});
    if (!pipe.closed) await once(pipe, 'close');
    await log.end(stream);
  }
}
