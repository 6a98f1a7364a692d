import { calculateCommand } from '../../src/client/commands/calculate.ts';
import { pingCommand } from '../../src/client/commands/ping.ts';
import type { Sink } from '../../src/host/sink.ts';
import {
  createClient,
  createServer,
  type Implementation,
  type Interceptor,
  type JobStore,
  type Server,
} from '../../src/index.ts';
import { JsonOutput } from '../../src/shell/output/json.ts';
import { EventPump } from '../../src/shell/output/pump.ts';
import { TextOutput } from '../../src/shell/output/text.ts';
import { Shell, type ShellOptions } from '../../src/shell/shell.ts';
import { Changes } from './changes.ts';
import type { JsonLine } from './program.ts';

/** Keeps the output. With `broken` writes fail, like a pipe whose reader is gone. */
export class MemorySink implements Sink {
  text = '';
  broken: Error | undefined;
  private readonly changes = new Changes();

  write(text: string): Promise<void> {
    if (this.broken) return Promise.reject(this.broken);
    this.text += text;
    this.changes.tell();
    return Promise.resolve();
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }

  get json(): JsonLine[] {
    return this.lines.map((line) => JSON.parse(line));
  }

  /** Resolves when a line, existing or later, contains `part`. */
  async until(part: string): Promise<void> {
    await this.changes.until(() => this.lines.some((line) => line.includes(part)));
  }
}

interface SceneOptions
  extends Partial<Pick<ShellOptions, 'atPrompt' | 'builtins' | 'keepGoing' | 'confirm' | 'choose' | 'clientsReady'>> {
  /** Names. Default: `w1` alone. */
  readonly clients?: readonly string[];
  /** Whether the clients start in `ready`. Default: true. */
  readonly ready?: boolean;
  readonly commands?: readonly Implementation[];
  readonly interceptors?: readonly Interceptor[];
  readonly output?: 'text' | 'json';
  /** Default: none. */
  readonly store?: JobStore;
}

/** A shell over a real server and real clients in this process. */
export interface Scene extends AsyncDisposable {
  readonly shell: Shell;
  readonly server: Server;
  readonly out: MemorySink;
  readonly err: MemorySink;
  /** Aborted at the end of the program. */
  readonly end: AbortController;
  /** Carries out these lines in order, as a script does. */
  run(...lines: string[]): Promise<void>;
  /** JSON lines of this type, in their order. */
  said(type: string): JsonLine[];
}

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const { clients = ['w1'], ready = true, atPrompt = false } = options;
  const commands = options.commands ?? [pingCommand, calculateCommand];
  await using opened = new AsyncDisposableStack();
  const contracts = commands.map(({ contract }) => contract);
  const server = opened.use(
    await createServer({
      bind: 'tcp://127.0.0.1:*',
      commands: contracts,
      interceptors: options.interceptors ?? [],
      ...(options.store && { store: options.store }),
    }),
  );
  for (const name of clients) opened.use(await createClient({ connect: server.endpoint, name, commands, ready }));
  await server.waitForClients(clients.length);

  const [out, err] = [new MemorySink(), new MemorySink()];
  const output =
    options.output === 'text' ? new TextOutput({ out, err, commands: server.commands, atPrompt }) : new JsonOutput(out);
  const events = new EventPump(server, output);
  const end = new AbortController();
  const shell = new Shell({ ...options, service: server, output, events, atPrompt, signal: end.signal });
  const stack = opened.move();
  return {
    shell,
    server,
    out,
    err,
    end,
    async run(...lines) {
      for (const [index, text] of lines.entries()) await shell.run({ source: 'test', line: index + 1, text });
    },
    said: (type) => out.json.filter((line) => line.type === type),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
