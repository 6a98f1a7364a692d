import { chmodSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { newFolder } from '../../support/new-folder.ts';
import { Program } from '../../support/program.ts';

/**
 * A headless server with a store, whose process can be ended and restarted, and its clients, which keep running
 * meanwhile.
 */
export class RunningServer {
  readonly folder = newFolder();
  readonly endpoint = `ipc://${this.folder}/box`;
  private server!: Program;
  private readonly clients = new Map<string, Program>();

  private constructor() {
    chmodSync(this.folder, 0o700);
  }

  /** Ended with the test. */
  static async start(...clients: string[]): Promise<RunningServer> {
    const running = new RunningServer();
    await running.startServer();
    for (const name of clients) await running.join(name);
    return running;
  }

  async startServer(): Promise<void> {
    const store = ['--store', `sqlite:${this.folder}/jobs.db`];
    const server = new Program('server', '--headless', '--bind', this.endpoint, '--socket-dir', this.folder, ...store);
    onTestFinished(() => server[Symbol.asyncDispose]());
    await server.line(/"msg":"listening"/);
    this.server = server;
  }

  /** A second server, whose sockets are in the same folder. */
  async startAnother(): Promise<void> {
    const store = ['--store', 'memory'];
    const bind = ['--bind', `ipc://${this.folder}/other`];
    const other = new Program('server', '--headless', ...bind, '--socket-dir', this.folder, ...store);
    onTestFinished(() => other[Symbol.asyncDispose]());
    await other.line(/"msg":"listening"/);
  }

  async kill(): Promise<void> {
    this.server.child.kill('SIGKILL');
    await this.server.exitCode();
  }

  /** Kills a client. No event reports this while the server is down. */
  async killClient(name: string): Promise<void> {
    const client = this.clients.get(name);
    client?.child.kill('SIGKILL');
    await client?.exitCode();
  }

  /** Starts a client and waits for it. */
  async join(name: string): Promise<void> {
    const client = new Program(
      'client',
      '--connect',
      this.endpoint,
      '--name',
      name,
      '--ready',
      '--allow',
      'run,ping,calculate',
    );
    onTestFinished(() => client[Symbol.asyncDispose]());
    this.clients.set(name, client);
    await this.server.line(new RegExp(`"client":"${name}","state":"ready"`));
  }

  /** `signalbox attach` to the server. Ended with the test. */
  attach(...args: string[]): Program {
    const attached = new Program('attach', '--socket-dir', this.folder, ...args);
    onTestFinished(() => attached[Symbol.asyncDispose]());
    return attached;
  }
}
