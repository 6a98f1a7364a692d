import { limits, type Welcome } from '../../schemas/index.ts';
import { Newest } from './newest.ts';

/** A client's memory of one epoch, that is one start of a server. The id of an epoch is the first part of its job ids. */
export class Epoch<Job = unknown> {
  readonly id: string;
  /** The store of its server. Undefined for recovered jobs until that server has reported it. */
  store: Welcome['store'] | undefined;
  /** The highest counter received. Commands of one epoch arrive in ascending order. */
  highest = 0;
  /** Held jobs by counter. */
  readonly jobs = new Map<number, Job>();
  private readonly cancelledAhead = new Newest<number>(limits.maxUnacceptedCommands);

  constructor(id: string) {
    this.id = id;
  }

  /** Records a cancel whose command may arrive later. */
  cancelAhead(counter: number): void {
    if (counter > this.highest) this.cancelledAhead.add(counter);
  }

  /** Whether a command was cancelled before it arrived. Can only be asked once. */
  wasCancelled(counter: number): boolean {
    return this.cancelledAhead.size > 0 && this.cancelledAhead.delete(counter);
  }
}
