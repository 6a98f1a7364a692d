import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isRunning } from '../../support/is-running.ts';
import { Engine, engine as sharedEngine } from './engine.ts';
import { removeRemains, sweepRemains } from './remains.ts';
import { tinyImage } from './tiny-image.ts';

interface OwnEngineOptions {
  /** Further options of dockerd, such as `--live-restore`. */
  readonly flags?: readonly string[];
  /** The size of its disk, as a file system in memory. Default: that of the folder. */
  readonly diskBytes?: number;
  /** Whether it has the tiny image from the start. Default: true. */
  readonly hasImage?: boolean;
}

/**
 * The engine of one test, in its own folder and network namespace, which may be killed and restarted. It has no default
 * bridge: a container has no network except loopback, unless the test makes one. Its end removes its containers,
 * processes, mounts and folder.
 */
export class OwnEngine extends Engine implements AsyncDisposable {
  readonly folder: string;
  readonly socket: string;
  private readonly flags: readonly string[];
  private process: ChildProcess | undefined;

  private constructor(folder: string, flags: readonly string[]) {
    const socket = join(folder, 'docker.sock');
    super(`unix://${socket}`);
    this.folder = folder;
    this.socket = socket;
    this.flags = flags;
  }

  static async start({ flags = [], diskBytes, hasImage = true }: OwnEngineOptions = {}): Promise<OwnEngine> {
    await sweepRemains();
    const folder = mkdtempSync(join(tmpdir(), `signalbox-engine-${process.pid}-`));
    await using stack = new AsyncDisposableStack();
    const engine = stack.use(new OwnEngine(folder, flags));
    if (diskBytes !== undefined) {
      mkdirSync(join(folder, 'data'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'small', join(folder, 'data')]);
    }
    await engine.up();
    if (hasImage) await engine.load(tinyImage, sharedEngine);
    stack.move();
    return engine;
  }

  /**
   * Starts it (again). Resolves when it answers. Containers that still run after `kill` are ended, unless it has
   * `--live-restore`.
   */
  async up(): Promise<void> {
    const path = (name: string) => join(this.folder, name);
    const namespace = this.folder.split('/').at(-1) ?? '';
    const places = ['--data-root', path('data'), '--exec-root', path('exec'), '--pidfile', path('pid')];
    const network = ['--bridge', 'none', '--iptables=false', '--ip6tables=false'];
    // If containerd is a service of the machine, this engine uses that one.
    const containerd = ['--containerd-namespace', namespace, '--containerd-plugins-namespace', `${namespace}-plugins`];
    const log = openSync(path('log'), 'a');
    const args = ['--host', this.host ?? '', ...places, ...network, ...containerd, ...this.flags];
    // Without a bridge it deletes the `docker0` that it finds, which belongs to the engine of this machine: so it has
    // its own network namespace.
    const started = spawn('unshare', ['--net', 'dockerd', ...args], { stdio: ['ignore', log, log] });
    closeSync(log);
    this.process = started;
    while (started.exitCode === null && started.signalCode === null) {
      if (await this.answers()) return;
      await setTimeout(20);
    }
    this.process = undefined;
    throw new Error(
      `dockerd did not start:\n${readFileSync(path('log'), 'utf8').trim().split('\n').slice(-5).join('\n')}`,
    );
  }

  /** SIGKILL: its containers keep running without it. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM: its containers end first, unless it has `--live-restore`. */
  async down(): Promise<void> {
    await this.end('SIGTERM');
  }

  async restart(): Promise<void> {
    await this.down();
    await this.up();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // Only an engine cleans up after its containers: cgroups, namespaces, networks.
      if (!this.process) await this.up();
      const containers = await this.lines('ps', '--all', '--quiet');
      if (containers.length > 0) await this.docker('rm', '--force', '--volumes', ...containers);
      await this.docker('network', 'prune', '--force');
      await this.down();
    } finally {
      await this.kill();
      await removeRemains(this.folder);
    }
  }

  private async answers(): Promise<boolean> {
    return await this.docker('version').then(
      () => true,
      () => false,
    );
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { process: ending } = this;
    this.process = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
    await this.containerdEnded();
  }

  /**
   * It ends a moment after its dockerd. A dockerd that finds its pid in use, even by a zombie, waits for it in vain.
   */
  private async containerdEnded(): Promise<void> {
    const file = join(this.folder, 'exec/containerd/containerd.pid');
    if (!existsSync(file)) return;
    const pid = Number(readFileSync(file, 'utf8'));
    while (isRunning(pid)) await setTimeout(10);
    rmSync(file);
  }
}
