import type { KeyInput } from './key-input.ts';
import type { Ask } from './leaving.ts';
import type { Key } from './line-editor.ts';
import type { Terminal } from './terminal.ts';

/** Asks questions of Inquirer on the terminal. While one is asked, nothing else reads the keys. */
export class Questions {
  private readonly keys: KeyInput;
  private readonly terminal: Terminal;
  private readonly withoutTerminal: (between: () => void) => Promise<void>;
  private isOver = false;
  /** The question that is being asked; `between` is set where it is asked again after that. */
  private asking: { readonly abort: AbortController; between?: () => void } | undefined;

  /** @param options.withoutTerminal gives the terminal back while `between` is called. */
  constructor(options: {
    keys: KeyInput;
    terminal: Terminal;
    withoutTerminal: (between: () => void) => Promise<void>;
  }) {
    this.keys = options.keys;
    this.terminal = options.terminal;
    this.withoutTerminal = options.withoutTerminal;
  }

  /** @returns the answer, or `otherwise` where Ctrl-C, Ctrl-D or `end` has ended the question. */
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

  /** Takes the question away while `between` is called, and asks it again. @returns whether there was one. */
  pause(between: () => void): boolean {
    if (!this.asking) return false;
    this.asking.between = between;
    this.asking.abort.abort();
    return true;
  }

  /** Ends the question, and each that comes. */
  end(): void {
    this.isOver = true;
    this.asking?.abort.abort();
  }

  private async askOnce<Answer>(ask: Ask<Answer>, abort: AbortController): Promise<{ value: Answer } | undefined> {
    const { keys } = this;
    // At Ctrl-D readline ends, and Inquirer would wait for ever.
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
