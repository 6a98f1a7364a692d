import { expect } from 'vitest';
import { freePort } from '../support/free-port.ts';
import type { Line } from '../support/line-log.ts';
import {
  type ClientsOptions,
  type Program,
  type ServerProgram,
  startClient,
  startClients,
  startRawClients,
  startServer,
} from '../support/processes.ts';
import { LinkProxy } from '../support/proxy.ts';
import { chooseSeed, createRandom, type Random } from '../support/random.ts';
import { Commander } from './commander-process.ts';
import { isBegun, isOutcome, jobKey } from './matchers.ts';

/** The processes of one test, their output, and the rules that hold under any fault. Everything ends with the scene. */
export class Scene implements AsyncDisposable {
  readonly random: Random;
  readonly servers: ServerProgram[] = [];
  readonly clients: Program[] = [];
  readonly port: number;
  private readonly stack = new AsyncDisposableStack();

  private constructor(port: number, seed: number) {
    this.port = port;
    this.random = createRandom(seed);
  }

  /** Prints the seed: `FAULTS_SEED=… npm run test:faults` makes the same faults. */
  static async open(): Promise<Scene> {
    const seed = chooseSeed();
    process.stderr.write(`${expect.getState().currentTestName}: FAULTS_SEED=${seed}\n`);
    return new Scene(await freePort(), seed);
  }

  startServer(...flags: readonly string[]): ServerProgram {
    return this.startWatchedServer(undefined, ...flags);
  }

  /** Like `startServer`; it writes its memory and handles to the file `figures`. */
  startWatchedServer(figures: string | undefined, ...flags: readonly string[]): ServerProgram {
    const server = this.stack.use(startServer(this.port, ['--keep-going', ...flags], figures));
    this.servers.push(server);
    return server;
  }

  startCommander(): Commander {
    return this.stack.use(new Commander(this.port));
  }

  async startProxy(): Promise<LinkProxy> {
    return this.stack.use(await LinkProxy.start(this.port));
  }

  /** `signalbox client` itself. It does not log starts of jobs. */
  startPlainClient(name: string): Program {
    return this.stack.use(startClient(this.port, name));
  }

  startClients(name: string, options: { port?: number } & ClientsOptions = {}): Program {
    const clients = this.stack.use(startClients(options.port ?? this.port, name, options));
    this.clients.push(clients);
    return clients;
  }

  startRawClients(name: string, count: number, ...flags: readonly string[]): Program {
    const clients = this.stack.use(startRawClients(this.port, name, count, flags));
    this.clients.push(clients);
    return clients;
  }

  /** The outcomes that a server has reported, by job; of adopted jobs, or of its own. */
  outcomes(server: ServerProgram): Map<string, Line[]> {
    return Map.groupBy(server.log.lines.filter(isOutcome), jobKey);
  }

  /** Resolves when a server has reported this many outcomes. */
  async untilOutcomes(server: ServerProgram, count: number, timeoutMs = 30_000): Promise<void> {
    await server.log.until(`${count} outcomes`, isOutcome, { count, timeoutMs });
  }

  /** Each of `count` commands has exactly one outcome, and it is `outcome`, at this server. */
  expectEachOnce(server: ServerProgram, count: number, outcome = 'completed'): void {
    const jobs = this.outcomes(server);
    const ends = [...jobs.values()].map((lines) => lines.map((line) => line.outcome ?? line.type).join('+'));
    expect(ends).toEqual(Array.from({ length: count }, () => outcome));
  }

  /** According to the logs of the clients no job was started twice, and `count` were started. */
  expectBegunOnce(count: number): void {
    const begun = this.clients.flatMap(({ log }) => log.lines.filter(isBegun).map(jobKey));
    expect(begun.toSorted()).toEqual([...new Set(begun)].toSorted());
    expect(begun).toHaveLength(count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}
