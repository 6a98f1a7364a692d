import { freePort } from '../../support/free-port.ts';
import { createKeyFolder } from '../../support/key-folder.ts';
import { type Program, type ServerProgram, startClients, startServer } from '../../support/processes.ts';
import { LinkProxy } from '../../support/proxy.ts';
import { isAccepted, isBegun, isOutcome, jobKey } from '../matchers.ts';
import type { History, ServerLife } from './history.ts';
import { clientNames } from './script.ts';
import { until } from './until.ts';

/** Longer than a run has faults: nobody is lost for having been away. */
const lostAfter = '120s';
const recoveryMs = 45_000;

interface Life {
  readonly name: string;
  readonly program: Program;
  endedMs?: number;
}

/** The processes of one run: a server at a time, a process for each client, and each client's own line to the server. */
export class World implements AsyncDisposable {
  readonly lines = new Map<string, LinkProxy>();
  /** Whether all lines are encrypted, and clients prove who they are. */
  readonly keyed: boolean;
  private readonly port: number;
  private readonly keys: ReturnType<typeof createKeyFolder> | undefined;
  private readonly servers: { program: ServerProgram; ended: ServerLife['ended'] | undefined }[] = [];
  private readonly lives: Life[] = [];

  private constructor(port: number, keyed: boolean) {
    this.port = port;
    this.keyed = keyed;
    this.keys = keyed ? createKeyFolder(...clientNames) : undefined;
  }

  static async open({ keyed }: { keyed: boolean }): Promise<World> {
    const world = new World(await freePort(), keyed);
    for (const name of clientNames) {
      world.lines.set(name, await LinkProxy.start(world.port));
      world.startClient(name);
    }
    world.startServer(clientNames.length);
    return world;
  }

  /** The server that is there; undefined between two. */
  get server(): ServerProgram | undefined {
    const last = this.servers.at(-1);
    return last?.ended ? undefined : last?.program;
  }

  /** The processes of the clients that are there. */
  get clients(): readonly { readonly name: string; readonly program: Program }[] {
    return this.lives.filter(({ endedMs }) => endedMs === undefined);
  }

  /** How many commands have ended by the word of some server, each client of a command counted. */
  get commands(): number {
    const ended = this.servers.flatMap(({ program }) => program.log.lines.filter(isOutcome).map(jobKey));
    return new Set(ended).size;
  }

  startServer(waitClients: number): void {
    const flags = ['--keep-going', '--lost-after', lostAfter, '--wait-clients', String(waitClients)];
    if (this.keys) flags.push('--keys', this.keys.folder);
    this.servers.push({ program: startServer(this.port, flags), ended: undefined });
  }

  async killServer(): Promise<void> {
    const last = this.servers.at(-1);
    if (!last) return;
    last.ended = 'killed';
    await last.program.kill();
  }

  /** A client's line to the server. */
  line(name: string): LinkProxy {
    const line = this.lines.get(name);
    if (!line) throw new Error(`${name} has no line`);
    return line;
  }

  startClient(name: string): void {
    const credentials = this.keys && { credentials: this.keys.of(name) };
    this.lives.push({ name, program: startClients(this.line(name).port, name, { ...credentials }) });
  }

  async killClient(name: string): Promise<void> {
    const life = this.lives.findLast((one) => one.name === name);
    if (!life) return;
    life.endedMs = Date.now();
    await life.program.kill();
  }

  /** It ends in order: its jobs are cancelled and told, and it says goodbye. */
  async endClient(name: string): Promise<void> {
    const life = this.lives.findLast((one) => one.name === name);
    if (!life) return;
    life.endedMs = Date.now();
    await life.program.terminate();
  }

  /** Resolves when this server and these client processes have heard of one another, and so of all that was before. */
  async untilInTouch(): Promise<void> {
    await until('all clients in touch with the server', () => this.isInTouch(), recoveryMs);
  }

  /** Ends the script and then everything. */
  async finish(): Promise<History> {
    const last = this.servers.at(-1);
    const server = this.server;
    if (last && server) {
      server.type(`wait --clients ${clientNames.length}`, 'wait');
      last.ended = await server.finish().then(
        () => 'finished' as const,
        () => 'hung' as const,
      );
    }
    await this[Symbol.asyncDispose]();
    return {
      servers: await Promise.all(
        this.servers.map(async ({ program, ended = 'hung' }) => {
          return { lines: program.log.lines, ended, exitCode: await program.exited };
        }),
      ),
      clients: this.lives.map(({ program, ...life }) => ({ ...life, lines: program.log.lines })),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const line of this.lines.values()) await line[Symbol.asyncDispose]();
    await Promise.all([...this.servers, ...this.lives].map(({ program }) => program.kill()));
    this.keys?.[Symbol.dispose]();
  }

  /** Each client has begun what this server has sent, and the server knows it: by then it knew also what was before. */
  private isInTouch(): boolean {
    const lines = this.server?.log.lines ?? [];
    const accepted = new Set(lines.filter((line) => isAccepted(line) && line.adopted !== true).map(jobKey));
    return this.clients.every(({ program }) =>
      program.log.lines.some((line) => isBegun(line) && accepted.has(jobKey(line))),
    );
  }
}
