import type { KeyInput } from './key-input.ts';
import type { Ask } from './leaving.ts';
import type { Key } from './line-editor.ts';
import type { Terminal } from './terminal.ts';

/** Asks Inquirer questions on the terminal. During a question nothing else reads the keys. */
export class Questions {
  private readonly keys: KeyInput;
  private readonly terminal: Terminal;
  private readonly withoutTerminal: (between: () => void) => Promise<void>;
  private isOver = false;
  /** The current question; with `between`, it is asked again after that call. */
  private asking: { readonly abort: AbortController; between?: () => void } | undefined;

  /** @param options.withoutTerminal releases the terminal while `between` is called. */
  constructor(options: {
    keys: KeyInput;
    terminal: Terminal;
    withoutTerminal: (between: () => void) => Promise<void>;
  }) {
    this.keys = options.keys;
    this.terminal = options.terminal;
    this.withoutTerminal = options.withoutTerminal;
  }

  /** @returns the answer, or `otherwise` if Ctrl-C, Ctrl-D or `end` ended the question. */
  async ask<Answer>(ask: Ask<Answer>, otherwise: Answer): Promise<Answer> {
    while (!this.isOver) {
      const asking: NonNullable<typeof this.asking> = { abort: new AbortController() };
      this.asking = asking;
      const answer = await this.askOnce(ask, asking.abort);
      this.asking = undefined;
      if (answer) return answer.value;
      if (!asking.between) return otherwise;
      await this.withoutTerminal(asking.between);
    }
    return otherwise;
  }

  /** Removes the question while `between` is called, then asks it again. @returns whether there was one. */
  pause(between: () => void): boolean {
    if (!this.asking) return false;
    this.asking.between = between;
    this.asking.abort.abort();
    return true;
  }

  /** Ends the current question and all later ones. */
  end(): void {
    this.isOver = true;
    this.asking?.abort.abort();
  }

  private async askOnce<Answer>(ask: Ask<Answer>, abort: AbortController): Promise<{ value: Answer } | undefined> {
    const { keys } = this;
    // Readline ends at Ctrl-D, and Inquirer would wait forever.
    const onKey = (_text: string | undefined, { ctrl, name }: Key) => {
      if (ctrl && name === 'd') abort.abort();
    };
    try {
      return await this.terminal.dialog(async (output) => {
        keys.on('keypress', onKey);
        return { value: await ask({ input: keys, output, signal: abort.signal }) };
      });
    } catch {
      return undefined;
    } finally {
      keys.off('keypress', onKey);
    }
  }
}
