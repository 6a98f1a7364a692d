import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { engine } from '../../engine/support/engine.ts';
import { newName } from '../../engine/support/names.ts';
import { ServerProgram } from '../../support/processes.ts';
import { profiling } from './child.ts';
import { treeSeconds } from './process-tree.ts';

const program = fileURLToPath(new URL('../../../dist/src/bin.js', import.meta.url));
const preload = new URL('lag-preload.ts', import.meta.url).href;
const lagSchema = z.object({ p99Ms: z.number(), maxMs: z.number() });

/** An installed server and one client that runs containers, with a store in a file. */
export class ContainerPair implements AsyncDisposable {
  private readonly server: ServerProgram;
  private readonly client: ChildProcess;
  private readonly folder = mkdtempSync(join(tmpdir(), 'signalbox-containers-'));
  private readonly name = newName('bench');
  private seen = 0;
  private sent = 0;

  private constructor() {
    const address = `ipc://${this.folder}/s`;
    const plugin = ['--plugin', 'signalbox/container'];
    const flags = ['--bind', address, '--store', `sqlite:${this.folder}/jobs.db`, '--output', 'json', '--keep-going'];
    this.server = new ServerProgram('server', [...profiling('near'), program, 'server', ...flags, ...plugin]);
    const who = ['--connect', address, '--name', this.name, '--ready', '--quiet', '--allow', 'container'];
    this.client = fork(program, ['client', ...who, ...plugin], {
      execArgv: ['--import', preload, ...profiling('far')],
      env: { ...process.env, XDG_STATE_HOME: this.folder },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  static async open(): Promise<ContainerPair> {
    const pair = new ContainerPair();
    await pair.server.untilClients(1);
    return pair;
  }

  /** Processor time of both, and of all their descendants. */
  get cpuMs(): number {
    return (treeSeconds(this.server.pid) + treeSeconds(this.client.pid ?? Number.NaN)) * 1_000;
  }

  /** Runs this many containers, some at a time, until all have ended. */
  async run(line: string, { count, atATime }: { readonly count: number; readonly atATime: number }): Promise<void> {
    const { log } = this.server;
    for (let sent = 0; sent < count; sent += 1) {
      if (sent >= atATime) await this.ended(sent - atATime + 1);
      this.server.type(line);
    }
    this.sent += count;
    await this.ended(count);
    this.seen = log.lines.length;
  }

  /** Starts this many containers that run until they are cancelled. Resolves when all have printed something. */
  async start(line: string, count: number): Promise<void> {
    this.server.type(...Array.from({ length: count }, () => line));
    this.sent += count;
    const since = () => this.server.log.lines.slice(this.seen);
    const running = () => new Set(since().flatMap((one) => (one.type === 'output' ? [one.id] : [])));
    while (running().size < count) {
      const ended = since().find(({ type }) => type === 'result');
      if (ended) throw new Error(`a container has ended: ${JSON.stringify(ended)}`);
      await passing(50);
    }
  }

  /** Cancels the last ones that were started. */
  async cancel(count: number): Promise<void> {
    // In a new store, and with nothing else sent, a job's number is its place.
    this.server.type(...Array.from({ length: count }, (_, index) => `cancel %${this.sent - index}`));
    await this.ended(count);
    // A cancelled job has its outcome before its container is removed.
    while ((await engine.labelled(`signalbox.client=${this.name}`)).containers.length > 0) await passing(100);
    this.seen = this.server.log.lines.length;
  }

  /** Of the client's event loop. */
  async lag(forMs: number): Promise<z.infer<typeof lagSchema>> {
    this.client.send('begin');
    await passing(forMs);
    const answer = once(this.client, 'message');
    this.client.send('end');
    const [lag] = await answer;
    return lagSchema.parse(lag);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.client, 'exit');
    this.client.kill('SIGTERM');
    await ended;
    await this.server[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true });
  }

  private async ended(count: number): Promise<void> {
    const isResult = ({ type }: { type: string }) => type === 'result';
    await this.server.log.until(`${count} ends`, isResult, { count, from: this.seen, timeoutMs: 300_000 });
  }
}
