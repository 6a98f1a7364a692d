import { join } from 'node:path';
import { newFolder } from '../../support/new-folder.ts';
import { Program, ServerProgram } from '../../support/processes.ts';
import { type Engine, engine as sharedEngine } from './engine.ts';
import { newName } from './names.ts';

interface ProgramsOptions {
  /** Of the client. Default: a new one. */
  readonly name?: string;
  readonly engine?: Engine;
}

const plugin = ['--plugin', 'signalbox/container'];

/**
 * `signalbox server` and `signalbox client` as processes, with the plug-in, at a socket in a folder of the test: for
 * tests that kill them. Each may be restarted. Disposing kills those that still run.
 */
export class Programs implements AsyncDisposable {
  readonly name: string;
  readonly folder = newFolder();
  private readonly endpoint = `ipc://${join(this.folder, 's')}`;
  private readonly env: NodeJS.ProcessEnv;
  private readonly started: Program[] = [];

  constructor({ name = newName(), engine = sharedEngine }: ProgramsOptions = {}) {
    this.name = name;
    // Its own state, so that leftovers of other tests are not adopted.
    this.env = { ...engine.environment, XDG_STATE_HOME: join(this.folder, 'state') };
  }

  /** Its script is typed by `type` and `finish`. */
  server(...flags: string[]): ServerProgram {
    const args = ['src/main.ts', 'server', '--bind', this.endpoint, '--output', 'json', ...plugin, ...flags];
    return this.keep(new ServerProgram('server', args, { env: this.env }));
  }

  /** Ready, and allowed to run containers. */
  client(...flags: string[]): Program {
    return this.keep(new Program(this.name, [...this.clientArgs, ...flags], { env: this.env }));
  }

  /** The same, on a machine whose clock is this far ahead of that of the engine, or behind. */
  clientAhead(ms: number): Program {
    const env = { ...this.env, CLOCK_AHEAD_MS: String(ms) };
    const args = ['--import', './test/engine/support/clock-ahead.ts', ...this.clientArgs];
    return this.keep(new Program(this.name, args, { env }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.started.map((program) => program.kill()));
  }

  private get clientArgs(): string[] {
    const who = ['--connect', this.endpoint, '--name', this.name, '--ready', '--allow', 'container'];
    return ['src/main.ts', 'client', ...who, ...plugin];
  }

  private keep<Kept extends Program>(program: Kept): Kept {
    this.started.push(program);
    return program;
  }
}
