import { confirm, select } from '@inquirer/prompts';
import { printable } from '../../host/printable.ts';
import type { Shell } from '../shell.ts';
import { type Completion, complete } from './complete.ts';
import { noFrame } from './frame.ts';
import { History } from './history.ts';
import { KeyInput } from './key-input.ts';
import { mayLeave } from './leaving.ts';
import { LineQueue } from './line-queue.ts';
import { LineReading } from './line-reading.ts';
import { Mirror } from './mirror.ts';
import { knownTo, promptFrame } from './prompt-frame.ts';
import type { Prompt, PromptOptions } from './prompt-options.ts';
import { Questions } from './questions.ts';
import { quitWhenWritten } from './quit.ts';
import { sizeOf } from './screen-size.ts';
import type { Size } from './scrolled-rows.ts';
import { Terminal } from './terminal.ts';
import { writeNow } from './write-now.ts';

const liveEveryMs = 100;

/** A prompt on the terminal. Output is printed above the line that is being typed. */
export function createPrompt(options: PromptOptions): Prompt {
  return new TerminalPrompt(options);
}

class TerminalPrompt implements Prompt {
  private readonly options: PromptOptions;
  private readonly terminal: Terminal;
  private readonly keys: KeyInput;
  private readonly reading: LineReading;
  private readonly questions: Questions;
  private readonly left = Promise.withResolvers<void>();
  private isOver = false;
  private shell: Shell | undefined;
  private mirror: Mirror | undefined;
  private readonly lines = new LineQueue(() => {
    if (this.shell?.exited) this.leave();
    this.renderSoon();
  });
  private willRender = false;
  private asked: Promise<unknown> = Promise.resolve();

  constructor(options: PromptOptions) {
    this.options = options;
    const { jobControl } = options;
    const terminal = new Terminal(options.sink, () => this.size);
    const keys = new KeyInput({
      terminal: options.input,
      onSignalKey: async (key) => {
        if (key === 'quit') await quitWhenWritten(terminal, () => jobControl.quit());
        else await this.pause(() => jobControl.stop());
      },
      onGone: () => this.leave(),
    });
    this.terminal = terminal;
    this.keys = keys;
    this.reading = new LineReading({
      keys,
      history: new History(options.historyPath),
      complete: (line) => this.complete(line),
      onChange: () => this.renderSoon(),
      onLine: (text) => this.enter(text),
      onInterrupt: () => void this.interrupt(),
      onClear: () => terminal.clear(),
      onEnd: () => void this.endOfInput(),
    });
    this.questions = new Questions({ keys, terminal, withoutTerminal: (between) => this.withoutTerminal(between) });
  }

  async run(shell: Shell, signal: AbortSignal, first?: string): Promise<void> {
    this.shell = shell;
    const mirror = new Mirror(shell, () => this.renderSoon());
    this.mirror = mirror;
    const render = () => this.render();
    const ticking = setInterval(async () => {
      if (await mirror.refresh()) this.render();
    }, liveEveryMs);
    const { screen, input, jobControl } = this.options;
    screen.on('resize', render);
    signal.addEventListener('abort', () => this.leave(), { once: true });
    if (signal.aborted) this.leave();
    const duties = jobControl.take({
      stop: () => void this.pause(() => jobControl.stop()),
      continued: () => {
        this.terminal.forget();
        // Sets the terminal's mode again.
        void this.pause(() => {});
      },
      restore: () => this.restore(),
    });
    try {
      if (first !== undefined) this.enter(first);
      if (!this.isOver) await this.readKeys(input);
    } finally {
      clearInterval(ticking);
      screen.off('resize', render);
      mirror[Symbol.dispose]();
      await this.close();
      duties[Symbol.dispose]();
    }
  }

  confirm(message: string): Promise<boolean> {
    return this.withoutLine(() =>
      this.questions.ask((context) => confirm({ message, default: false }, context), false),
    );
  }

  choose(message: string, names: readonly string[]): Promise<number | undefined> {
    const choices = names.map((name, value) => ({ name, value }));
    return this.withoutLine(() =>
      this.questions.ask<number | undefined>((context) => select({ message, choices }, context), undefined),
    );
  }

  async mayExit(): Promise<boolean> {
    return !this.options.spawns || (await this.mayLeave());
  }

  write(text: string, outcomes?: number): Promise<void> {
    return this.terminal.write(text, outcomes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    await this.close();
    await this.terminal.close();
  }

  private get size(): Size {
    return sizeOf(this.options.screen, () => this.leave());
  }

  /** Reads keys until the prompt is left. */
  private async readKeys(input: NodeJS.ReadStream): Promise<void> {
    const { keys } = this;
    keys.setMode('raw');
    this.reading.open({ line: '', cursor: 0 });
    input.pipe(keys);
    try {
      await this.left.promise;
      await this.close();
    } finally {
      input.unpipe(keys);
      input.pause();
      keys.setMode('cooked');
    }
  }

  private leave(): void {
    this.isOver = true;
    this.questions.end();
    this.left.resolve();
  }

  /** Releases the terminal while `between` is called, then restores the line or the question. */
  private async pause(between: () => void): Promise<void> {
    if (!this.questions.pause(between)) await this.withoutTerminal(between);
  }

  private async withoutTerminal(between: () => void): Promise<void> {
    using _ = await this.terminal.handOver();
    this.keys.setMode('cooked');
    between();
    if (!this.isOver) this.keys.setMode('raw');
  }

  /** Restores the terminal before the process is killed. */
  private restore(): void {
    this.keys.setMode('cooked');
    writeNow(this.terminal.farewell);
  }

  private async close(): Promise<void> {
    await this.reading.close();
    this.terminal.show(noFrame);
  }

  private complete(line: string): Completion {
    const { shell, mirror } = this;
    return shell && mirror ? complete(line, knownTo(shell, mirror)) : { candidates: [], typed: '' };
  }

  private enter(text: string): void {
    const { shell } = this;
    if (!shell) return;
    const { style } = this.options;
    void this.terminal.write(`${style('dim', 'signalbox>')} ${printable(text)}\n`);
    this.lines.add(shell, text);
  }

  /**
   * Ctrl-C clears the line. On an empty line it ends the running command. Without one it leaves the prompt, and asks first if jobs are running.
   */
  private async interrupt(): Promise<void> {
    if (this.reading.editor?.leave()) {
      this.renderSoon();
      return;
    }
    if (this.lines.interrupt()) return;
    if (await this.mayLeave()) this.leave();
  }

  /** Ctrl-D on an empty line, or the terminal is gone. */
  private async endOfInput(): Promise<void> {
    if (this.keys.readableEnded || (await this.mayExit())) this.leave();
  }

  private async mayLeave(): Promise<boolean> {
    const { shell } = this;
    if (!shell || this.options.isAttached) return true;
    return this.withoutLine(() =>
      mayLeave(shell, this.options, (ask, otherwise) => this.questions.ask(ask, otherwise)),
    );
  }

  /**
   * Closes the line and restores it after the answer, because only one prompt may read the keys. Two questions are asked
   * one after the other: a running line may ask while Ctrl-D does.
   */
  private withoutLine<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const answer = this.asked.then(() => this.askWithoutLine(ask));
    this.asked = answer.catch(() => {});
    return answer;
  }

  private async askWithoutLine<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const { line, cursor } = this.reading.editor ?? { line: '', cursor: 0 };
    await this.close();
    try {
      return await ask();
    } finally {
      if (!this.isOver) this.reading.open({ line, cursor });
    }
  }

  /** Renders once for all keys of a chunk; otherwise a paste would be drawn thousands of times. */
  private renderSoon(): void {
    if (this.willRender) return;
    this.willRender = true;
    queueMicrotask(() => {
      this.willRender = false;
      this.render();
    });
  }

  private render(): void {
    const { shell, mirror, lines } = this;
    const { editor } = this.reading;
    if (!editor || !shell || !mirror) return;
    const { style, insecure } = this.options;
    this.terminal.show(promptFrame({ editor, lines, shell, mirror }, { size: this.size, style, insecure }));
  }
}
