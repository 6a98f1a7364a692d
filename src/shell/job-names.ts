const maxNames = 10_000;

/** Completes `--as must be …`. */
export const jobNameForm = "a name of letters, digits, - and _ that begins with a letter and is not 'last'";

export const isJobName = (text: string): boolean => /^[a-z][a-z0-9_-]{0,62}$/i.test(text) && text !== 'last';

/** `count` commands that were sent in succession and have consecutive numbers. */
interface NumberRun {
  /** Position, from 1, of the command that has `number`. */
  readonly from: number;
  readonly number: number;
  count: number;
}

/**
 * Resolves the names of jobs that a user types: a number, `last`, or a name given by `--as`. Each stands for a number of
 * the server, which output shows and the store keeps: `%7` anywhere, and `7` at the prompt. In a script or a sourced file,
 * `2` is the second command that it sent.
 *
 * An unknown name is looked up in the enclosing files. The names of a finished file are known to the enclosing one, unless
 * it has given them itself.
 */
export class JobNames {
  private readonly outer: JobNames | undefined;
  private readonly isNumberedHere: boolean;
  /** Numbers that the server gave to the commands sent from here, in order, as runs. */
  private readonly runs: NumberRun[] = [];
  /** Runs of finished files. */
  private readonly runsOfFiles: NumberRun[] = [];
  private readonly own = new Map<string, number>();
  private readonly ofFiles = new Map<string, number>();
  private last: number | undefined;

  constructor(options: { isNumberedHere: boolean; outer?: JobNames | undefined }) {
    this.isNumberedHere = options.isNumberedHere;
    this.outer = options.outer;
  }

  /** Enters a sourced file. */
  enter(): JobNames {
    return new JobNames({ isNumberedHere: true, outer: this });
  }

  /** Leaves the file: its names become known to the enclosing one. */
  leave(): void {
    for (const [name, number] of [...this.ofFiles, ...this.own]) this.outer?.keep(this.outer.ofFiles, name, number);
    this.outer?.runsOfFiles.push(...this.runs, ...this.runsOfFiles);
    // At the prompt, `last` includes commands of files.
    if (this.outer && !this.outer.isNumberedHere) this.outer.last = this.last ?? this.outer.last;
  }

  sent(number: number, name?: string): void {
    this.last = number;
    if (name !== undefined) this.keep(this.own, name, number);
    const run = this.runs.at(-1);
    if (run && number === run.number + run.count) run.count += 1;
    else this.runs.push({ from: this.count + 1, number, count: 1 });
  }

  /** Number of commands sent from here; undefined if `7` is the server's number. */
  get sentHere(): number | undefined {
    return this.isNumberedHere ? this.count : undefined;
  }

  /** Whether the command with this number was sent from here, from a finished file, or from an enclosing one. */
  hasSent(number: number): boolean {
    const isIn = (run: NumberRun) => number >= run.number && number < run.number + run.count;
    return this.runs.some(isIn) || this.runsOfFiles.some(isIn) || (this.outer?.hasSent(number) ?? false);
  }

  /** The server's number that `7`, `%7`, `last` or a name stands for. */
  numberOf(text: string): number | undefined {
    if (text === 'last') return this.last;
    const [, sign, digits] = /^(%?)(\d{1,15})$/.exec(text) ?? [];
    if (digits === undefined) return this.numberOfName(text);
    return sign === '%' || !this.isNumberedHere ? Number(digits) : this.numberOfLine(Number(digits));
  }

  /** The server's numbers by all names known here. */
  all(): Map<string, number> {
    return new Map([...(this.outer?.all() ?? []), ...this.ofFiles, ...this.own]);
  }

  private get count(): number {
    const run = this.runs.at(-1);
    return run ? run.from + run.count - 1 : 0;
  }

  private numberOfLine(line: number): number | undefined {
    const run = this.runs.findLast(({ from }) => from <= line);
    return run && line < run.from + run.count ? run.number + line - run.from : undefined;
  }

  private numberOfName(name: string): number | undefined {
    return this.own.get(name) ?? this.ofFiles.get(name) ?? this.outer?.numberOfName(name);
  }

  /** Keeps the newest `maxNames` names. */
  private keep(names: Map<string, number>, name: string, number: number): void {
    names.delete(name);
    names.set(name, number);
    for (const oldest of names.keys()) {
      if (names.size <= maxNames) return;
      names.delete(oldest);
    }
  }
}
