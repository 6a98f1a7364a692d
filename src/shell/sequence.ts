import type { JobNames } from './job-names.ts';

/**
 * Statements that run one after the other until one fails: a script, a file, or a line at the prompt. A failure is an
 * error, an outcome that makes the exit code nonzero, or the answer no to a confirmation, even of a job that was sent
 * earlier. It also ends the enclosing sequences.
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

  /** Aborts at the first failure, with the failure as its reason; never with `goesOn`. */
  get failed(): AbortSignal {
    return this.failure.signal;
  }

  /** @param what what failed, in a few words. */
  fail(what: string): void {
    if (!this.goesOn) this.failure.abort(what);
    this.outer?.fail(what);
  }

  /** Enters a sourced file. */
  enter(folder: string): Sequence {
    return new Sequence({ jobNames: this.jobNames.enter(), goesOn: this.goesOn, outer: this, folder });
  }
}
