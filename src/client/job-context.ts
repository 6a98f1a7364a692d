import { monotonicMs } from '../clock.ts';
import type { JobContext } from '../plugin/implement.ts';
import { callListener } from './call-listener.ts';
import type { Job } from './job.ts';
import type { Run } from './task.ts';

/** Shared by all jobs of a client. */
export interface JobSurroundings {
  readonly client: string;
  readonly print: (line: string) => void;
  /** Returns the state folder of a command. */
  readonly stateOf: (command: string) => Promise<string>;
  readonly onFault: (source: string, error: unknown) => void;
}

/**
 * The context that a handler gets. Each function is created on access, because most handlers of brief jobs use none. The
 * functions do not depend on `this`, so they can be passed on.
 */
export class RunContext implements JobContext {
  readonly #job: Job;
  readonly #run: Run;
  readonly #surroundings: JobSurroundings;

  constructor(job: Job, run: Run, surroundings: JobSurroundings) {
    this.#job = job;
    this.#run = run;
    this.#surroundings = surroundings;
  }

  get id(): string {
    return this.#job.id;
  }

  get client(): string {
    return this.#surroundings.client;
  }

  get storeId(): string | undefined {
    return this.#job.epoch.store?.id;
  }

  get timeoutMs(): number | undefined {
    const { timeoutMs } = this.#run;
    if (timeoutMs === undefined) return undefined;
    return Math.max(0, timeoutMs - (monotonicMs() - this.#job.startedAtMs));
  }

  get traceparent(): string | undefined {
    return this.#run.traceparent;
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
      const record = this.#run.task.recordOf?.(raw);
      if (record) this.#job.record(record.value, record.bytes);
    };
  }

  get decided(): JobContext['decided'] {
    return (options) => this.#job.decided(options);
  }

  get outputFrom(): JobContext['outputFrom'] {
    return (source) => this.#job.outputFrom(source);
  }

  get outputFull(): JobContext['outputFull'] {
    return (isFull) => this.#job.outputFull(isFull);
  }

  get print(): JobContext['print'] {
    return this.#surroundings.print;
  }

  get onForgotten(): JobContext['onForgotten'] {
    return (listener) => {
      const earlier = this.#job.onForgotten;
      this.#job.onForgotten = () => {
        earlier?.();
        this.#call(listener);
      };
    };
  }

  get state(): JobContext['state'] {
    return () => this.#surroundings.stateOf(this.#job.command);
  }

  get onSignal(): JobContext['onSignal'] {
    return (listener) => this.#job.onSignal(listener);
  }

  #call(listener: () => void): void {
    callListener(listener, (error) => this.#surroundings.onFault(`onForgotten of ${this.#job.command}`, error));
  }
}
