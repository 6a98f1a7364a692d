import type { Interface } from 'node:readline';
import { confirm } from '@inquirer/prompts';
import { printable } from '../../host/printable.ts';
import type { Sink } from '../../host/sink.ts';
import type { JobView } from '../../plugin/job-service.ts';
import type { Shell } from '../shell.ts';
import { complete } from './complete.ts';
import { hintFor } from './hint.ts';
import { History } from './history.ts';
import { KeyInput } from './key-input.ts';
import { type Ask, type Dialog, mayLeave } from './leaving.ts';
import { type Key, LineEditor } from './line-editor.ts';
import { LineQueue } from './line-queue.ts';
import { liveRows } from './live-rows.ts';
import { type KeyReading, readKeys } from './read-keys.ts';
import type { Style } from './style.ts';
import { Terminal } from './terminal.ts';
import { viewOf } from './view.ts';
import { Watch } from './watch.ts';
import { writeNow } from './write-now.ts';

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
  readonly jobControl: {
    /** Until disposed of, these are called. */
    take(duties: { stop: () => void; continued: () => void; restore: () => void }): Disposable;
    /** Stops the process group; returns when it goes on. */
    stop(): void;
    /** Ends the process group as Ctrl-\ does. */
    quit(): void;
  };
}

const liveEveryMs = 100;

/** A prompt on the terminal: what comes meanwhile is printed above the line that is being typed. */
export function createPrompt(options: PromptOptions): Prompt {
  return new TerminalPrompt(options);
}

class TerminalPrompt implements Prompt {
  private readonly options: PromptOptions;
  private readonly terminal: Terminal;
  private readonly history: History;
  private readonly keys: KeyInput;
  private readonly left = Promise.withResolvers<void>();
  private isOver = false;
  private shell: Shell | undefined;
  private watch: Watch | undefined;
  private editor: LineEditor | undefined;
  private reading: KeyReading | undefined;
  /** Ends the question that is being asked, which is asked again after `between`. */
  private asking: { abort: AbortController; between: () => void } | undefined;
  private readonly lines = new LineQueue(() => {
    if (this.shell?.exited) this.leave();
    this.renderSoon();
  });
  private willRender = false;

  constructor(options: PromptOptions) {
    this.options = options;
    this.terminal = new Terminal(options.sink, () => this.size);
    this.history = new History(options.historyPath);
    const { jobControl } = options;
    this.keys = new KeyInput({
      terminal: options.input,
      onSignalKey: async (key) => {
        if (key === 'quit') jobControl.quit();
        else await this.pause(() => jobControl.stop());
      },
      onGone: () => this.leave(),
    });
  }

  async run(shell: Shell, signal: AbortSignal): Promise<void> {
    this.shell = shell;
    this.watch = new Watch(shell.server);
    const render = () => this.render();
    const ticking = setInterval(() => {
      if (this.watch?.takeChange() || shell.server.running().length > 0) this.render();
    }, liveEveryMs);
    const { screen, input, jobControl } = this.options;
    screen.on('resize', render);
    signal.addEventListener('abort', () => this.leave(), { once: true });
    if (signal.aborted) this.leave();
    const duties = jobControl.take({
      stop: () => void this.pause(() => jobControl.stop()),
      continued: () => {
        this.terminal.forget();
        void this.pause(() => {});
      },
      restore: () => this.restore(),
    });
    try {
      if (!this.isOver) await this.open('', 0);
      // What was typed before there was a prompt would else be lost.
      input.pipe(this.keys);
      await this.left.promise;
    } finally {
      clearInterval(ticking);
      screen.off('resize', render);
      this.watch[Symbol.dispose]();
      await this.close();
      input.unpipe(this.keys);
      input.pause();
      duties[Symbol.dispose]();
    }
  }

  confirm(message: string): Promise<boolean> {
    return this.dialog((context) => confirm({ message, default: false }, context), false);
  }

  write(text: string, outcomes?: number): Promise<void> {
    return this.terminal.write(text, outcomes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isOver = true;
    await this.close();
    await this.terminal.close();
  }

  private get size(): { columns: number; rows: number } {
    const { screen } = this.options;
    // Node hears of another size by a signal. A frame that was drawn before that, for the old one, would leave rows behind.
    // Node has no public name for asking.
    this.guarded(() => (screen as { _refreshSize?: () => void })._refreshSize?.());
    const { columns, rows } = screen;
    return { columns: columns || 80, rows: rows || 24 };
  }

  /** Resolves when keys are read. */
  private async open(line: string, cursor: number): Promise<void> {
    this.reading = this.guarded(() =>
      readKeys({
        input: this.keys,
        open: (rl) => this.take(rl, line, cursor),
        onFailure: () => this.leave(),
      }),
    );
    await this.reading?.started;
  }

  /** A call of the terminal: where it throws, the terminal has gone. */
  private guarded<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch {
      this.leave();
      return undefined;
    }
  }

  private leave(): void {
    this.isOver = true;
    this.asking?.abort.abort();
    this.left.resolve();
  }

  /** Gives the terminal back for a while. The line, or the question, is there again after it. */
  private async pause(between: () => void): Promise<void> {
    if (this.asking) {
      this.asking.between = between;
      this.asking.abort.abort();
      return;
    }
    if (!this.editor) {
      between();
      return;
    }
    const { line, cursor } = this.editor;
    await this.close();
    await this.withoutTerminal(between);
    if (!this.isOver) await this.open(line, cursor);
  }

  private async withoutTerminal(between: () => void): Promise<void> {
    using _ = await this.terminal.handOver();
    between();
  }

  /** The process is about to be killed. */
  private restore(): void {
    this.keys.setRawMode(false);
    writeNow(this.terminal.farewell);
  }

  private async close(): Promise<void> {
    const { reading } = this;
    this.reading = undefined;
    this.editor = undefined;
    await reading?.close();
    this.terminal.show({ rows: [], cursorRow: 0, cursorColumn: 0 });
  }

  /** A readline is there. @returns what undoes everything. */
  private take(rl: Interface, line: string, cursor: number): () => void {
    const editor = new LineEditor(rl, this.history, (before) => this.complete(before));
    this.editor = editor;
    editor.set(line, cursor);
    const onKey = (_text: string | undefined, key: Key) => {
      editor.key(key);
      if (key.ctrl && key.name === 'l') this.terminal.clear();
      this.renderSoon();
    };
    const onLine = (text: string) => {
      // Disable readline's history, which would capture Up and Down.
      Object.assign(rl, { history: [] });
      this.enter(editor.entered(text));
      this.renderSoon();
    };
    // Inquirer's own listener would end the prompt.
    rl.removeAllListeners('SIGINT');
    rl.on('SIGINT', () => void this.interrupt(editor));
    rl.on('close', () => {
      if (this.editor === editor) this.leave();
    });
    rl.on('line', onLine);
    this.keys.on('keypress', onKey);
    this.renderSoon();
    return () => {
      rl.off('line', onLine);
      this.keys.off('keypress', onKey);
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
    this.lines.add(shell, text);
  }

  /** Ctrl-C: clears the line; on an empty one it ends what is waited for; else it leaves, and asks first while jobs run. */
  private async interrupt(editor: LineEditor): Promise<void> {
    if (editor.leave()) {
      this.renderSoon();
      return;
    }
    if (this.lines.interrupt()) return;
    const { shell } = this;
    const dialog: Dialog = (ask, otherwise) => this.dialog(ask, otherwise);
    if (!shell || (await mayLeave(shell.server, this.options, dialog))) this.leave();
  }

  /** Never two prompts on one stdin: the line ends, and is there again after the answer. */
  private async dialog<Answer>(ask: Ask<Answer>, otherwise: Answer): Promise<Answer> {
    const { line, cursor } = this.editor ?? { line: '', cursor: 0 };
    await this.close();
    try {
      while (!this.isOver) {
        const asking = { abort: new AbortController(), between: () => {} };
        this.asking = asking;
        const { signal } = asking.abort;
        const answer = await this.terminal
          .dialog(async (output) => ({ value: await ask({ input: this.keys, output, signal }) }))
          .catch(() => undefined);
        this.asking = undefined;
        if (answer) return answer.value;
        // Ctrl-C.
        if (!signal.aborted) return otherwise;
        await this.withoutTerminal(asking.between);
      }
      return otherwise;
    } finally {
      if (!this.isOver) await this.open(line, cursor);
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
      isWaiting: this.lines.isRunning,
      waitsFor: this.lines.waitsFor,
    };
    const { columns } = this.size;
    const { bootId } = server;
    const lastLine = (job: JobView) => watch.lastLine(job);
    const live = (rows: number) => liveRows(running, { bootId, lastLine, columns, rows, style });
    this.terminal.show(viewOf(state, live, this.size, style));
  }
}
