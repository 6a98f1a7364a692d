import type { Sink } from '../../host/sink.ts';
import type { Shell } from '../shell.ts';
import type { Style } from './style.ts';

export interface Prompt extends Sink, AsyncDisposable {
  /**
   * Reads and carries out lines until `exit`, Ctrl-D, Ctrl-C on an empty line, or `signal`.
   * @param first is carried out before, as if it had been typed.
   */
  run(shell: Shell, signal: AbortSignal, first?: string): Promise<void>;
  confirm(question: string): Promise<boolean>;
  /** @returns the place of the choice, or undefined where Ctrl-C or Ctrl-D has ended the question. */
  choose(question: string, choices: readonly string[]): Promise<number | undefined>;
  /** Asks before jobs end with the prompt. @returns whether to leave. */
  mayExit(): Promise<boolean>;
}

export interface PromptOptions {
  readonly sink: Sink;
  readonly input: NodeJS.ReadStream;
  /** Where its size is asked, and told of. */
  readonly screen: NodeJS.WriteStream;
  readonly style: Style;
  readonly historyPath: string | undefined;
  /** Whether who reaches the server's endpoint can join. */
  readonly insecure: boolean;
  /** Whether the clients end with the server, and their jobs with them. */
  readonly spawns: boolean;
  /** Whether the server lives on when the prompt is left: then nobody is asked. */
  readonly isAttached?: boolean;
  readonly jobControl: {
    /** Until disposed of, these are called. */
    take(duties: { stop: () => void; continued: () => void; restore: () => void }): Disposable;
    /** Stops the process group; returns when it goes on. */
    stop(): void;
    /** Ends the process group as Ctrl-\ does. */
    quit(): void;
  };
}
