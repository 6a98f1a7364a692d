import type { Sink } from '../../host/sink.ts';
import type { Shell } from '../shell.ts';
import type { Style } from './style.ts';

export interface Prompt extends Sink, AsyncDisposable {
  /**
   * Reads and runs lines until `exit`, Ctrl-D, Ctrl-C on an empty line, or `signal`.
   * @param first a line to run first, as if it had been typed.
   */
  run(shell: Shell, signal: AbortSignal, first?: string): Promise<void>;
  confirm(question: string): Promise<boolean>;
  /** @returns the index of the choice, or undefined if Ctrl-C or Ctrl-D ended the question. */
  choose(question: string, choices: readonly string[]): Promise<number | undefined>;
  /** Asks for confirmation if jobs would end with the prompt. @returns whether to leave. */
  mayExit(): Promise<boolean>;
}

export interface PromptOptions {
  readonly sink: Sink;
  readonly input: NodeJS.ReadStream;
  /** Reports the size of the terminal, and changes of it. */
  readonly screen: NodeJS.WriteStream;
  readonly style: Style;
  readonly historyPath: string | undefined;
  /** Whether anyone who can reach the server's endpoint can join. */
  readonly insecure: boolean;
  /** Whether the clients end with the server, and their jobs with them. */
  readonly spawns: boolean;
  /** Whether the server keeps running after the prompt; then no question is asked. */
  readonly isAttached?: boolean;
  readonly jobControl: {
    /** Calls these until disposed. */
    take(duties: { stop: () => void; continued: () => void; restore: () => void }): Disposable;
    /** Stops the process group; returns when it is continued. */
    stop(): void;
    /** Ends the process group as Ctrl-\ does. */
    quit(): void;
  };
}
