import type { Interface } from 'node:readline';
import type { Completion } from './complete.ts';
import type { History } from './history.ts';
import type { KeyInput } from './key-input.ts';
import { type Key, LineEditor } from './line-editor.ts';
import { readKeys } from './read-keys.ts';

interface LineReadingOptions {
  readonly keys: KeyInput;
  readonly history: History;
  readonly complete: (line: string) => Completion;
  /** Called when the line, or the frame around it, has changed. */
  readonly onChange: () => void;
  readonly onLine: (text: string) => void;
  /** Ctrl-C. */
  readonly onInterrupt: () => void;
  /** Ctrl-L. */
  readonly onClear: () => void;
  /** Called when it has ended without `close`: Ctrl-D on an empty line, or the end of the input. */
  readonly onEnd: () => void;
}

/** Reads the line that is being typed. None while a question reads the keys. */
export class LineReading {
  private readonly options: LineReadingOptions;
  private current: LineEditor | undefined;
  private end: (() => Promise<void>) | undefined;

  constructor(options: LineReadingOptions) {
    this.options = options;
  }

  get editor(): LineEditor | undefined {
    return this.current;
  }

  /** Starts with this line and this position of the cursor. */
  open({ line, cursor }: { readonly line: string; readonly cursor: number }): void {
    this.end = readKeys({
      input: this.options.keys,
      open: (rl) => this.take(rl, line, cursor),
      onFailure: () => this.options.onEnd(),
    });
  }

  /** Resolves when another reader may read the keys. */
  async close(): Promise<void> {
    const { end } = this;
    this.end = undefined;
    this.current = undefined;
    await end?.();
  }

  /** @returns a function that undoes it. */
  private take(rl: Interface, line: string, cursor: number): () => void {
    const { keys, history, complete, onChange, onLine, onInterrupt, onClear, onEnd } = this.options;
    const editor = new LineEditor(rl, history, complete);
    this.current = editor;
    editor.set(line, cursor);
    const onKey = (_text: string | undefined, key: Key) => {
      editor.key(key);
      if (key.ctrl && key.name === 'l') onClear();
      onChange();
    };
    const onEntered = (text: string) => {
      // Disable readline's history, which would capture Up and Down.
      Object.assign(rl, { history: [] });
      onLine(editor.entered(text));
      onChange();
    };
    // Inquirer's own listener would end the prompt.
    rl.removeAllListeners('SIGINT');
    rl.on('SIGINT', onInterrupt);
    rl.on('close', () => {
      if (this.current === editor) onEnd();
    });
    rl.on('line', onEntered);
    keys.on('keypress', onKey);
    onChange();
    return () => {
      rl.off('line', onEntered);
      keys.off('keypress', onKey);
    };
  }
}
