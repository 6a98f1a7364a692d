import { deferred } from '../handled.ts';
import type { EndEvent } from './describe-end.ts';

const foldMs = 50;

/** The ends of jobs of one line. */
interface Fold {
  events: EndEvent[];
  written: PromiseWithResolvers<void>;
  timer: NodeJS.Timeout | undefined;
  /** Of how many jobs an end has come. */
  ended: number;
  /** To how many clients the line went; undefined where it was not typed here. */
  clients: number | undefined;
  /** How many lines it took to say them. */
  lines: number;
}

/**
 * Collects the ends of jobs of one line that come within a moment, so that equal ones can be one line. When the line
 * has ended on all its clients nothing is waited for.
 */
export class EndFold {
  private readonly print: (events: readonly EndEvent[]) => { lines: number; written: Promise<void> };
  private readonly folds = new Map<string, Fold>();

  constructor(print: (events: readonly EndEvent[]) => { lines: number; written: Promise<void> }) {
    this.print = print;
  }

  /** The line was sent to this number of clients. */
  expect(id: string, clients: number): void {
    const fold = this.foldOf(id);
    fold.clients = clients;
    this.printIfComplete(id, fold);
  }

  /** Resolves when it has been written. */
  add(event: EndEvent): Promise<void> {
    const fold = this.foldOf(event.id);
    fold.events.push(event);
    fold.ended += 1;
    fold.timer ??= setTimeout(() => this.printFold(event.id, fold), foldMs);
    const { promise } = fold.written;
    this.printIfComplete(event.id, fold);
    return promise;
  }

  /** Prints what waits. */
  flush(): void {
    for (const [id, fold] of this.folds) this.printFold(id, fold);
  }

  /** Nothing more comes of the line. @returns how many lines have been printed of it. */
  finish(id: string): number {
    const fold = this.folds.get(id);
    if (!fold) return 0;
    this.printFold(id, fold);
    this.folds.delete(id);
    return fold.lines;
  }

  private foldOf(id: string): Fold {
    let fold = this.folds.get(id);
    if (!fold) {
      fold = { events: [], written: deferred(), timer: undefined, ended: 0, clients: undefined, lines: 0 };
      this.folds.set(id, fold);
    }
    return fold;
  }

  private printIfComplete(id: string, fold: Fold): void {
    if (fold.clients !== undefined && fold.ended >= fold.clients) this.printFold(id, fold);
  }

  private printFold(id: string, fold: Fold): void {
    clearTimeout(fold.timer);
    fold.timer = undefined;
    const { events, written, clients } = fold;
    // A line for several clients is finished with a report, which asks how many lines there were.
    if (clients === undefined || (clients === 1 && fold.ended === 1)) this.folds.delete(id);
    if (events.length === 0) return;
    fold.events = [];
    fold.written = deferred();
    const printed = this.print(events);
    fold.lines += printed.lines;
    printed.written.then(written.resolve, written.reject);
  }
}
