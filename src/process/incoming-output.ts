import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { type OutputStream, outputStreams } from './options.ts';
import type { OutputLog } from './output-log.ts';

/** More than the pipes and this process hold of output that is not written yet: a pipe has 64 KiB, at most 1 MiB. */
const restBytes = 4_194_304;

/** Carries what a process writes into its log, as fast as the log takes it, whoever reads the log. */
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
   * The process has ended: resolves when both are at their end and in the log, whose bound does not hold for the rest.
   * @returns whether they had to be cut off because something held them open for longer than `patienceMs`.
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
