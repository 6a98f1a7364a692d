import { deferred } from '../handled.ts';
import type { EndEvent } from './describe-end.ts';

const foldMs = 50;

/** Ends of the jobs of one command. */
interface Fold {
  events: EndEvent[];
  written: PromiseWithResolvers<void>;
  timer: NodeJS.Timeout | undefined;
  /** Number of jobs that have ended. */
  ended: number;
  /** Number of clients that the command was sent to; undefined if it was sent elsewhere. */
  clients: number | undefined;
  /** Number of lines printed. */
  lines: number;
}

/**
 * Collects the ends of the jobs of one command for up to 50 ms, so that equal ends share a line. Prints at once when the
 * command has ended on all its clients.
 */
export class EndFold {
  private readonly print: (events: readonly EndEvent[]) => { lines: number; written: Promise<void> };
  private readonly folds = new Map<string, Fold>();

  constructor(print: (events: readonly EndEvent[]) => { lines: number; written: Promise<void> }) {
    this.print = print;
  }

  /** The command was sent to this number of clients. */
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

  /** Prints all collected ends. */
  flush(): void {
    for (const [id, fold] of this.folds) this.printFold(id, fold);
  }

  /** Prints the remaining ends of a command and forgets it. @returns the number of lines printed for it. */
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
    // A command for several clients is finished by its report, which needs the number of lines.
    if (clients === undefined || (clients === 1 && fold.ended === 1)) this.folds.delete(id);
    if (events.length === 0) return;
    fold.events = [];
    fold.written = deferred();
    const printed = this.print(events);
    fold.lines += printed.lines;
    printed.written.then(written.resolve, written.reject);
  }
}
