import { limits, type Welcome } from '../../schemas/index.ts';
import { Newest } from './newest.ts';

/** What a client remembers of one epoch, that is of one start of a server: its id is the first part of a job's id. */
export class Epoch<Job = unknown> {
  readonly id: string;
  /** Where its server keeps its jobs. Undefined for jobs that were taken up, until that server has said so. */
  store: Welcome['store'] | undefined;
  /** The highest counter that has come: those of one epoch come to a client in rising order. */
  highest = 0;
  /** The jobs that are held, by their counters. */
  readonly jobs = new Map<number, Job>();
  private readonly cancelledAhead = new Newest<number>(limits.maxUnacceptedCommands);

  constructor(id: string) {
    this.id = id;
  }

  /** Remembers a cancel whose command may still be coming. */
  cancelAhead(counter: number): void {
    if (counter > this.highest) this.cancelledAhead.add(counter);
  }

  /** Whether a command was cancelled before it came. Asked once. */
  wasCancelled(counter: number): boolean {
    return this.cancelledAhead.size > 0 && this.cancelledAhead.delete(counter);
  }
}
