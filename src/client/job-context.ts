import type { JobContext } from '../plugin/implement.ts';
import type { Job } from './job.ts';
import type { Task } from './task.ts';

/**
 * What a handler gets. Each function is made when the handler asks for it: most handlers of brief jobs ask for none.
 * As functions of their own they can be passed on, without the context.
 */
export class RunContext implements JobContext {
  readonly traceparent: string | undefined;
  readonly print: (line: string) => void;
  readonly #job: Job;
  readonly #task: Task;

  constructor(job: Job, task: Task, traceparent: string | undefined, print: (line: string) => void) {
    this.#job = job;
    this.#task = task;
    this.traceparent = traceparent;
    this.print = print;
  }

  get id(): string {
    return this.#job.id;
  }

  get signal(): AbortSignal {
    return this.#job.signal;
  }

  get output(): JobContext['output'] {
    return (stream, data) => this.#job.write(stream, Buffer.from(data));
  }

  get progress(): JobContext['progress'] {
    return (fraction, note) => this.#job.report(fraction, note);
  }

  get record(): JobContext['record'] {
    return (raw) => {
      const record = this.#task.recordOf?.(raw);
      if (record) this.#job.record(record.value, record.bytes);
    };
  }

  get outputFrom(): JobContext['outputFrom'] {
    return (source) => this.#job.outputFrom(source);
  }

  get outputFull(): JobContext['outputFull'] {
    return (isFull) => this.#job.outputFull(isFull);
  }

  get onSignal(): JobContext['onSignal'] {
    return (listener) => this.#job.onSignal(listener);
  }
}
