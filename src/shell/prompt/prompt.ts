import { createInterface, cursorTo, type Interface, moveCursor } from 'node:readline';
import { confirm } from '@inquirer/prompts';
import type { Sink } from '../output.ts';
import type { Shell } from '../shell.ts';
import { complete } from './complete.ts';

export interface Prompt extends Sink, AsyncDisposable {
  /** Reads and carries out lines until `exit`, Ctrl-D, Ctrl-C on an empty line, or `signal`. */
  run(shell: Shell, signal: AbortSignal): Promise<void>;
  confirm(question: string): Promise<boolean>;
}

/** A plain prompt on the terminal: what comes meanwhile is printed above the line that is being typed. */
export function createPrompt(): Prompt {
  return new ReadlinePrompt();
}

class ReadlinePrompt implements Prompt {
  private rl: Interface | undefined;
  private history: string[] = [];
  private shell: Shell | undefined;
  private queue: Promise<void> = Promise.resolve();
  private left = Promise.withResolvers<void>();
  private line = 0;
  /** Interrupts `wait`, `sleep` and the like. */
  private running: AbortController | undefined;

  async run(shell: Shell, signal: AbortSignal): Promise<void> {
    this.shell = shell;
    signal.addEventListener('abort', () => this.left.resolve(), { once: true });
    const { server } = shell;
    await this.write(
      `listening on ${server.endpoint}; clients dial it with: signalbox client --connect ${server.endpoint}\n`,
    );
    await this.write('help lists the commands; try: clients · start · ping\n');
    this.open();
    await this.left.promise;
    this.close();
    await this.write('\n');
  }

  async confirm(question: string): Promise<boolean> {
    // Never two prompts on one stdin.
    const typed = this.rl?.line ?? '';
    this.close();
    try {
      return await confirm({ message: question, default: false });
    } catch {
      return false;
    } finally {
      this.open(typed);
    }
  }

  write(text: string): Promise<void> {
    const { rl } = this;
    if (rl) {
      const { rows } = rl.getCursorPos();
      moveCursor(process.stdout, 0, -rows);
      cursorTo(process.stdout, 0);
      process.stdout.write('\x1b[J');
    }
    return new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
      rl?.prompt(true);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  private open(typed = ''): void {
    const rl = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt: 'signalbox> ',
      history: this.history,
      historySize: 1_000,
      completer: (line: string) => this.complete(line),
    });
    this.rl = rl;
    rl.on('history', (history) => {
      this.history = history;
    });
    rl.on('line', (text) => this.take(text));
    rl.on('SIGINT', () => this.interrupt(rl));
    rl.on('close', () => {
      if (this.rl === rl) this.left.resolve();
    });
    // Ctrl-Z would stop the server with its heartbeats.
    rl.on('SIGTSTP', () => {});
    rl.prompt();
    if (typed) rl.write(typed);
  }

  private close(): void {
    const { rl } = this;
    this.rl = undefined;
    rl?.close();
  }

  private take(text: string): void {
    const { shell } = this;
    if (!shell) return;
    this.line += 1;
    const place = { source: 'prompt', line: this.line, text };
    this.queue = this.queue.then(async () => {
      this.running = new AbortController();
      await shell.run(place, this.running.signal);
      this.running = undefined;
      if (shell.exited) this.left.resolve();
      else this.rl?.prompt(true);
    });
  }

  private interrupt(rl: Interface): void {
    if (this.running) this.running.abort();
    else if (rl.line === '') this.left.resolve();
    rl.write(null, { ctrl: true, name: 'e' });
    rl.write(null, { ctrl: true, name: 'u' });
  }

  private complete(line: string): [string[], string] {
    const { shell } = this;
    if (!shell) return [[], line];
    const { candidates, typed } = complete(line, shell.server, shell.words);
    return [candidates.map((one) => `${one} `), typed];
  }
}
