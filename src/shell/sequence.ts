import type { JobNames } from './job-names.ts';

/**
 * What is carried out one after the other until something fails: a script, a file, a line at the prompt. A failure is
 * an error, an outcome that makes the exit code other than 0, or an answer of no; also one of a job that was sent some
 * time ago. It ends what is around it too.
 */
export class Sequence {
  readonly jobNames: JobNames;
  /** Base of relative paths; undefined for the working directory. */
  readonly folder: string | undefined;
  /** Depth of nested files. */
  readonly depth: number;
  private readonly outer: Sequence | undefined;
  private readonly goesOn: boolean;
  private readonly failure = new AbortController();

  constructor(options: { jobNames: JobNames; goesOn: boolean; outer?: Sequence | undefined; folder?: string }) {
    this.jobNames = options.jobNames;
    this.goesOn = options.goesOn;
    this.outer = options.outer;
    this.folder = options.folder;
    this.depth = options.outer ? options.outer.depth + 1 : 0;
  }

  /** Aborts at the first failure, with that as its reason; never where it is to go on all the same. */
  get failed(): AbortSignal {
    return this.failure.signal;
  }

  /** @param what has failed, in a few words. */
  fail(what: string): void {
    if (!this.goesOn) this.failure.abort(what);
    this.outer?.fail(what);
  }

  /** Enters a sourced file. */
  enter(folder: string): Sequence {
    return new Sequence({ jobNames: this.jobNames.enter(), goesOn: this.goesOn, outer: this, folder });
  }
}
