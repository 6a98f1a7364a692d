const maxNames = 10_000;

/** Completes `--as must be …`. */
export const jobNameForm = "a name of letters, digits, - and _ that begins with a letter and is not 'last'";

export const isJobName = (text: string): boolean => /^[a-z][a-z0-9_-]{0,62}$/i.test(text) && text !== 'last';

/**
 * What the ids of jobs are called where they are typed: by number, by `last`, by the name that `--as` gave. A script
 * and a sourced file have numbers of their own: 2 is the second command that it has sent. At the prompt they are the
 * server's, which its output shows.
 *
 * A name that is not known is looked up in the files around this one; names of a file that has ended are known to the
 * one around it, where they are not given there too.
 */
export class JobNames {
  private readonly bootId: string;
  private readonly outer: JobNames | undefined;
  private readonly isNumberedHere: boolean;
  /** Of the commands sent from here, in order: which numbers the server gave to as many as follow one another. */
  private readonly runs: { readonly from: number; readonly number: number; count: number }[] = [];
  private readonly own = new Map<string, string>();
  private readonly ofFiles = new Map<string, string>();
  private lastId: string | undefined;

  constructor(options: { bootId: string; isNumberedHere: boolean; outer?: JobNames | undefined }) {
    this.bootId = options.bootId;
    this.isNumberedHere = options.isNumberedHere;
    this.outer = options.outer;
  }

  /** Enters a sourced file. */
  enter(): JobNames {
    return new JobNames({ bootId: this.bootId, isNumberedHere: true, outer: this });
  }

  /** Leaves the file: its names become known to the one around it. */
  leave(): void {
    for (const [name, id] of [...this.ofFiles, ...this.own]) this.outer?.keep(this.outer.ofFiles, name, id);
    // At the prompt the last is the last of all.
    if (this.outer && !this.outer.isNumberedHere) this.outer.lastId = this.lastId ?? this.outer.lastId;
  }

  sent(id: string, name?: string): void {
    this.lastId = id;
    if (name !== undefined) this.keep(this.own, name, id);
    if (!this.isNumberedHere) return;
    const number = Number(id.slice(this.bootId.length + 1));
    const run = this.runs.at(-1);
    if (run && number === run.number + run.count) run.count += 1;
    else this.runs.push({ from: this.count + 1, number, count: 1 });
  }

  /** Number of commands sent from here; undefined if numbers are the server's. */
  get sentHere(): number | undefined {
    return this.isNumberedHere ? this.count : undefined;
  }

  /** The id that `7`, `last` or a name stands for; other text is taken as an id. */
  idOf(text: string): string | undefined {
    if (text === 'last') return this.lastId;
    if (/^\d+$/.test(text)) return this.idOfNumber(Number(text));
    if (isJobName(text)) return this.idOfName(text);
    return text;
  }

  /** Ids by all names known here. */
  all(): Map<string, string> {
    return new Map([...(this.outer?.all() ?? []), ...this.ofFiles, ...this.own]);
  }

  private get count(): number {
    const run = this.runs.at(-1);
    return run ? run.from + run.count - 1 : 0;
  }

  private idOfNumber(number: number): string | undefined {
    if (!this.isNumberedHere) return `${this.bootId}.${number}`;
    const run = this.runs.findLast(({ from }) => from <= number);
    if (!run || number >= run.from + run.count) return undefined;
    return `${this.bootId}.${run.number + number - run.from}`;
  }

  private idOfName(name: string): string | undefined {
    return this.own.get(name) ?? this.ofFiles.get(name) ?? this.outer?.idOfName(name);
  }

  /** Keeps the newest names, up to the bound. */
  private keep(names: Map<string, string>, name: string, id: string): void {
    names.delete(name);
    names.set(name, id);
    for (const oldest of names.keys()) {
      if (names.size <= maxNames) return;
      names.delete(oldest);
    }
  }
}
