import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EventPump } from '../../src/shell/output/pump.ts';
import { TextOutput } from '../../src/shell/output/text.ts';
import { createPrompt } from '../../src/shell/prompt/prompt.ts';
import type { Prompt } from '../../src/shell/prompt/prompt-options.ts';
import { PromptOutput, promptEnd } from '../../src/shell/prompt/prompt-output.ts';
import { createStyle } from '../../src/shell/prompt/style.ts';
import { Shell } from '../../src/shell/shell.ts';
import { Changes } from './changes.ts';
import { openScene, type Scene } from './in-process-shell.ts';

type Duties = { stop: () => void; continued: () => void; restore: () => void };

/** A terminal as the prompt sees it: keys, modes, and output. */
class FakeTerminal {
  /** The output since the last `until`. */
  text = '';
  /** Whether it is in raw mode, or the error that setting it throws. */
  isRaw = false;
  broken: Error | undefined;
  readonly events: string[] = [];
  duties: Duties | undefined;
  /** Called instead of stopping the process group. */
  onStop = (): void => {};
  readonly screen = Object.assign(new EventEmitter(), { columns: 80, rows: 24 }) as unknown as NodeJS.WriteStream;
  readonly input: NodeJS.ReadStream;
  private writing = 0;
  private readonly changes = new Changes();

  constructor() {
    const setRawMode = (mode: boolean) => {
      if (this.broken) throw this.broken;
      if (mode !== this.isRaw) this.events.push(mode ? 'raw' : 'cooked');
      this.isRaw = mode;
    };
    this.input = Object.assign(new PassThrough(), { isTTY: true, setRawMode }) as unknown as NodeJS.ReadStream;
  }

  readonly sink = {
    // In a later turn, as a thread would.
    write: async (text: string): Promise<void> => {
      this.writing += 1;
      await nextTurn();
      this.writing -= 1;
      this.text += text;
      this.changes.tell();
    },
  };

  readonly jobControl = {
    take: (duties: Duties): Disposable => {
      this.duties = duties;
      return { [Symbol.dispose]: () => (this.duties = undefined) };
    },
    stop: (): void => {
      this.events.push(this.writing === 0 ? 'stop' : 'stop during a write');
      this.onStop();
    },
    quit: (): void => void this.events.push('quit'),
  };

  type(text: string): void {
    (this.input as unknown as PassThrough).write(text);
  }

  hangUp(): void {
    (this.input as unknown as PassThrough).end();
  }

  /** Resolves with the output since the last call, when that matches. */
  async until(pattern: RegExp): Promise<string> {
    await this.changes.until(() => pattern.test(this.text));
    const { text } = this;
    this.text = '';
    return text;
  }
}

interface PromptScene extends AsyncDisposable {
  readonly scene: Scene;
  readonly terminal: FakeTerminal;
  readonly prompt: Prompt;
  readonly shell: Shell;
  readonly end: AbortController;
  /** Resolves when the prompt has been left. */
  readonly left: Promise<void>;
}

/** A prompt over a real server and real clients in this process, on a terminal that the test holds. */
export async function openPrompt({
  isEnded = false,
  spawns = true,
  ...options
}: Parameters<typeof openScene>[0] & { isEnded?: boolean; spawns?: boolean } = {}): Promise<PromptScene> {
  await using opening = new AsyncDisposableStack();
  const scene = opening.use(await openScene({ ...options, atPrompt: true }));
  const terminal = new FakeTerminal();
  const style = createStyle(false);
  const { sink, input, screen, jobControl } = terminal;
  const prompt = opening.use(
    createPrompt({ sink, input, screen, jobControl, style, historyPath: undefined, insecure: false, spawns }),
  );
  const { server } = scene;
  const { commands } = server;
  const endLine = promptEnd(style);
  const inner = new TextOutput({ out: prompt, err: prompt, commands, atPrompt: true, endLine });
  const output = new PromptOutput({ inner, out: prompt, style });
  const end = new AbortController();
  if (isEnded) end.abort(143);
  const shell = new Shell({
    service: server,
    output,
    events: new EventPump(server, output),
    atPrompt: true,
    signal: end.signal,
    confirm: (question) => prompt.confirm(question),
    choose: (question, choices) => prompt.choose(question, choices),
    mayExit: () => prompt.mayExit(),
  });
  const left = prompt.run(shell, end.signal);
  opening.defer(async () => {
    end.abort(143);
    await left;
  });
  const stack = opening.move();
  return { scene, terminal, prompt, shell, end, left, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
