import type { Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { createPrompt as createInquirerPrompt, useEffect } from '@inquirer/core';
import { confirm } from '@inquirer/prompts';
import type { JobView } from '../../index.ts';
import { promptSource, type Sink } from '../output.ts';
import type { Shell } from '../shell.ts';
import { printable } from '../shell-error.ts';
import { complete } from './complete.ts';
import { hintFor } from './hint.ts';
import { History } from './history.ts';
import { type Ask, type Dialog, mayLeave } from './leaving.ts';
import { type Key, LineEditor } from './line-editor.ts';
import { liveRows } from './live-rows.ts';
import type { Style } from './style.ts';
import { Terminal } from './terminal.ts';
import { viewOf } from './view.ts';
import { Watch } from './watch.ts';

export interface Prompt extends Sink, AsyncDisposable {
  /** Reads and carries out lines until `exit`, Ctrl-D, Ctrl-C on an empty line, or `signal`. */
  run(shell: Shell, signal: AbortSignal): Promise<void>;
  confirm(question: string): Promise<boolean>;
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
}

const liveEveryMs = 100;
const nameWaitAfterMs = 500;

/** Inquirer gives the life of a prompt: raw mode, keys, an end. What is seen is drawn by our `Terminal`, not by it. */
const keyPrompt = createInquirerPrompt<void, { open: (rl: Interface) => () => void }>(({ open }) => {
  // What Inquirer calls its readline is Node's.
  useEffect((rl) => open(rl as unknown as Interface), []);
  return '';
});

/** A prompt on the terminal: what comes meanwhile is printed above the line that is being typed. */
export function createPrompt(options: PromptOptions): Prompt {
  return new TerminalPrompt(options);
}

class TerminalPrompt implements Prompt {
  private readonly options: PromptOptions;
  private readonly terminal: Terminal;
  private readonly history: History;
  private readonly left = Promise.withResolvers<void>();
  private shell: Shell | undefined;
  private watch: Watch | undefined;
  private editor: LineEditor | undefined;
  /** Ends the prompt that reads keys; undefined while there is none. */
  private reading: { abort: AbortController; ended: Promise<void> } | undefined;
  private queue: Promise<void> = Promise.resolve();
  /** Interrupts what is being carried out: `wait`, `sleep` and the like. */
  private running: AbortController | undefined;
  /** The line that is being carried out, when it takes its time. */
  private waitsFor: string | undefined;
  private lineNumber = 0;
  private willRender = false;

  constructor(options: PromptOptions) {
    this.options = options;
    this.terminal = new Terminal(options.sink, () => this.size);
    this.history = new History(options.historyPath);
  }

  async run(shell: Shell, signal: AbortSignal): Promise<void> {
    this.shell = shell;
    this.watch = new Watch(shell.server);
    const render = () => this.render();
    const ticking = setInterval(() => {
      if (this.watch?.takeChange() || shell.server.running().length > 0) this.render();
    }, liveEveryMs);
    this.options.screen.on('resize', render);
    signal.addEventListener('abort', () => this.left.resolve(), { once: true });
    try {
      this.open('');
      await this.left.promise;
    } finally {
      clearInterval(ticking);
      this.options.screen.off('resize', render);
      this.watch[Symbol.dispose]();
      await this.close();
    }
  }

  confirm(message: string): Promise<boolean> {
    return this.dialog((context) => confirm({ message, default: false }, context), false);
  }

  write(text: string, outcomes?: number): Promise<void> {
    return this.terminal.write(text, outcomes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.terminal.close();
  }

  private get size(): { columns: number; rows: number } {
    const { screen } = this.options;
    // Node hears of another size by a signal. A frame that was drawn before that, for the old one, would leave rows behind.
    // Node has no public name for asking.
    (screen as { _refreshSize?: () => void })._refreshSize?.();
    const { columns, rows } = screen;
    return { columns: columns || 80, rows: rows || 24 };
  }

  private open(typed: string): void {
    const abort = new AbortController();
    // Inquirer draws into the void.
    const output = new Writable({ write: (_chunk, _encoding, done) => done() });
    const context = { input: this.options.input, output, signal: abort.signal };
    const ended = keyPrompt({ open: (rl) => this.take(rl, typed) }, context).catch(() => {});
    this.reading = { abort, ended };
  }

  private async close(): Promise<void> {
    const { reading } = this;
    this.reading = undefined;
    this.editor = undefined;
    reading?.abort.abort();
    await reading?.ended;
    this.terminal.show({ rows: [], cursorRow: 0, cursorColumn: 0 });
  }

  /** A readline is there. @returns what undoes everything. */
  private take(rl: Interface, typed: string): () => void {
    const editor = new LineEditor(rl, this.history, (line) => this.complete(line));
    this.editor = editor;
    editor.set(typed);
    const onKey = (_text: string | undefined, key: Key) => {
      editor.key(key);
      if (key.ctrl && key.name === 'l') this.terminal.clear();
      this.renderSoon();
    };
    const onLine = (text: string) => {
      // Ours is kept elsewhere: with its own, readline would take Up and Down.
      Object.assign(rl, { history: [] });
      this.enter(editor.entered(text));
      this.renderSoon();
    };
    // Inquirer's own listener would end the prompt.
    rl.removeAllListeners('SIGINT');
    rl.on('SIGINT', () => void this.interrupt(editor));
    // Without a listener Ctrl-Z would stop the server with its heartbeats.
    rl.on('SIGTSTP', () => {});
    rl.on('close', () => {
      if (this.editor === editor) this.left.resolve();
    });
    rl.on('line', onLine);
    this.options.input.on('keypress', onKey);
    this.renderSoon();
    return () => {
      rl.off('line', onLine);
      this.options.input.off('keypress', onKey);
    };
  }

  private complete(line: string) {
    return this.shell ? complete(line, this.shell) : { candidates: [], typed: '' };
  }

  private enter(text: string): void {
    const { shell } = this;
    if (!shell) return;
    const { style } = this.options;
    void this.terminal.write(`${style('dim', 'signalbox>')} ${printable(text)}\n`);
    this.lineNumber += 1;
    const place = { source: promptSource, line: this.lineNumber, text };
    this.queue = this.queue.then(async () => {
      this.running = new AbortController();
      this.renderSoon();
      // What ends at once is not worth a row.
      const timer = setTimeout(() => {
        this.waitsFor = text.trim();
        this.renderSoon();
      }, nameWaitAfterMs);
      await shell.run(place, this.running.signal);
      clearTimeout(timer);
      this.waitsFor = undefined;
      this.running = undefined;
      if (shell.exited) this.left.resolve();
      this.renderSoon();
    });
  }

  /** Ctrl-C: clears the line; on an empty one it ends what is waited for; else it leaves, and asks first while jobs run. */
  private async interrupt(editor: LineEditor): Promise<void> {
    if (editor.leave()) {
      this.renderSoon();
      return;
    }
    if (this.running) {
      this.running.abort();
      return;
    }
    const { shell } = this;
    const dialog: Dialog = (ask, otherwise) => this.dialog(ask, otherwise);
    if (!shell || (await mayLeave(shell.server, this.options, dialog))) this.left.resolve();
  }

  /** Never two prompts on one stdin: the line ends, and is there again after the answer. */
  private async dialog<Answer>(ask: Ask<Answer>, otherwise: Answer): Promise<Answer> {
    const typed = this.editor?.line ?? '';
    await this.close();
    try {
      return await this.terminal.dialog((output) => ask({ input: this.options.input, output }));
    } catch {
      // Ctrl-C.
      return otherwise;
    } finally {
      this.open(typed);
    }
  }

  /** Once for all keys of a chunk: a paste would else be drawn thousands of times. */
  private renderSoon(): void {
    if (this.willRender) return;
    this.willRender = true;
    queueMicrotask(() => {
      this.willRender = false;
      this.render();
    });
  }

  private render(): void {
    const { editor, shell, watch } = this;
    if (!editor || !shell || !watch) return;
    const { line, cursor, ghost, menu, search } = editor;
    const { style, insecure } = this.options;
    const { server, targets } = shell;
    const running = server.running();
    const state = {
      line,
      cursor,
      ghost,
      menu,
      search,
      hint: menu || search ? {} : hintFor(line.slice(0, cursor), shell),
      target: targets.join(',') === 'all' ? '' : targets.join(','),
      status: { ...watch.counts, running: running.length, insecure },
      isWaiting: this.running !== undefined,
      waitsFor: this.waitsFor,
    };
    const { columns } = this.size;
    const { bootId } = server;
    const lastLine = (job: JobView) => watch.lastLine(job);
    const live = (rows: number) => liveRows(running, { bootId, lastLine, columns, rows, style });
    this.terminal.show(viewOf(state, live, this.size, style));
  }
}
