import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Line, LineLog } from './line-log.ts';
import { ownState } from './own-state.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface ProgramOptions {
  /** The file for its memory and handles, see figures.ts. */
  readonly figures?: string | undefined;
  /** Added to its environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A process under test: its JSON lines, and the signals that cause faults. */
export class Program implements AsyncDisposable {
  readonly log: LineLog;
  /** Its standard error. */
  readonly said: LineLog;
  readonly name: string;
  readonly exited: Promise<number | null>;
  /** The lines that were typed. */
  readonly typed: string[] = [];
  protected readonly child: ChildProcess;

  constructor(name: string, args: readonly string[], { figures, env: added }: ProgramOptions = {}) {
    this.name = name;
    const flags = figures === undefined ? [] : ['--expose-gc', '--import', './test/faults/figures.ts'];
    const env = { ...ownState, ...process.env, ...added, ...(figures !== undefined && { FIGURES_FILE: figures }) };
    this.child = spawn(process.execPath, [...flags, ...args], { cwd: root, env, stdio: ['pipe', 'pipe', 'pipe'] });
    const { stdin, stdout, stderr } = this.child;
    if (!stdin || !stdout || !stderr) throw new Error('the pipes are missing');
    stdin.on('error', () => {});
    this.log = new LineLog(name, stdout);
    this.said = new LineLog(`${name} on standard error`, stderr);
    this.exited = once(this.child, 'close').then(() => this.child.exitCode);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} was not started`);
    return this.child.pid;
  }

  /** Writes lines to its standard input: a server's script. */
  type(...lines: readonly string[]): void {
    this.typed.push(...lines);
    this.child.stdin?.write(`${lines.join('\n')}\n`);
  }

  /** SIGSTOP: nothing in it runs, its sockets stay. */
  stop(): void {
    this.child.kill('SIGSTOP');
  }

  cont(): void {
    this.child.kill('SIGCONT');
  }

  /** SIGTERM; resolves when it has ended by itself. */
  async terminate(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.exited;
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

export class ServerProgram extends Program {
  end(): void {
    this.child.stdin?.end();
  }

  /** Ends its script: it waits for its jobs, prints the summary and exits. */
  async finish(timeoutMs = 30_000): Promise<{ exitCode: number | null; summary: Line }> {
    this.end();
    const summary = await this.log.until('the summary', ({ type }) => type === 'summary', { timeoutMs });
    return { exitCode: await this.exited, summary };
  }

  /** Resolves when this many different clients have reached `state` since the line `from`. */
  async untilClients(count: number, state = 'ready', from = 0, timeoutMs = 30_000): Promise<void> {
    const seen = new Set<string>();
    const isNew = (line: Line) => {
      if (line.type !== 'client' || line.state !== state || line.client === undefined || seen.has(line.client)) {
        return false;
      }
      seen.add(line.client);
      return true;
    };
    await this.log.until(`${count} clients ${state}`, isNew, { count, from, timeoutMs });
  }
}

/** The program as users start it: `signalbox server`, its script on standard input. */
export function startServer(port: number, flags: readonly string[] = [], figures?: string): ServerProgram {
  const bind = `tcp://127.0.0.1:${port}`;
  return new ServerProgram('server', ['src/main.ts', 'server', '--bind', bind, '--output', 'json', ...flags], {
    figures,
  });
}

/** The program as users start it: `signalbox client`, ready. */
export function startClient(port: number, name: string): Program {
  const connect = `tcp://127.0.0.1:${port}`;
  return new Program(name, ['src/main.ts', 'client', '--connect', connect, '--name', name, '--ready']);
}

export interface ClientsOptions {
  /** The number of clients in one process. */
  readonly count?: number;
  readonly unready?: boolean;
  /** The file of its credentials. */
  readonly credentials?: string;
  /** The file for their memory and handles, see figures.ts. */
  readonly figures?: string;
}

/** Clients that log each start of a job: one called `name`, or `count` of them, `name1` to `nameN`. */
export function startClients(port: number, name: string, options: ClientsOptions = {}): Program {
  const unready = options.unready ? ['--unready'] : [];
  const count = options.count === undefined ? [] : ['--count', String(options.count)];
  const connect = `tcp://127.0.0.1:${port}`;
  const keys = options.credentials === undefined ? [] : ['--credentials', options.credentials];
  const args = ['test/faults/many-clients.ts', '--connect', connect, '--name', name, ...count, ...unready, ...keys];
  return new Program(name, args, { figures: options.figures });
}

/** `COUNT` clients written from the protocol alone, `name1` to `nameN`; `flags` set their other properties. */
export function startRawClients(port: number, name: string, count: number, flags: readonly string[] = []): Program {
  const connect = `tcp://127.0.0.1:${port}`;
  const args = ['--connect', connect, '--name', name, '--count', String(count), ...flags];
  return new Program(name, ['test/faults/raw-clients.ts', ...args]);
}
