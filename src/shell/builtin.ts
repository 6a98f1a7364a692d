import type { Place } from './output/output.ts';
import type { Statement, Word } from './parse/parse.ts';
import type { Sent } from './sender.ts';
import type { Shell } from './shell.ts';

/**
 * Does what a statement says. Ends early, without an error, when `signal` aborts.
 * @returns what it has sent, where the next statement waits for that to be accepted or refused.
 */
export type Run = (signal: AbortSignal, place: Place) => Promise<Sent | undefined> | Promise<void> | void;

/** A statement that has been checked as far as its words go. */
export interface Action {
  /** Of a command: whether its targets are there. @throws ShellError `no_such_target` */
  readonly check?: (signal: AbortSignal) => Promise<void>;
  readonly run: Run;
}

/** What a word after a shell word can be, for completion; `statement` is a command with its words. */
export type Completes = 'command' | 'file' | 'job' | 'outcome' | 'signal' | 'statement' | 'target';

/** An option of a word of the shell. */
export interface WordOption {
  readonly option: string;
  /** Stands for its value; undefined where it takes none. */
  readonly label?: string;
  readonly about: string;
}

/** A word of the shell itself: nothing of it travels. */
export interface Builtin {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly example: string;
  /** What the words after it are, in order; the last stands for all that follow. Default: nothing that can be completed. */
  readonly completes?: readonly Completes[];
  readonly options?: readonly WordOption[];
  /** Whether `@target` may stand before it. */
  readonly takesTarget?: true;
  /** Checks the words after the name; what it returns does it. @throws ShellError */
  prepare(shell: Shell, words: readonly Word[], statement: Statement): Run;
}
