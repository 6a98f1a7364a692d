import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

interface DockerOptions {
  readonly input?: string | Buffer;
  /** The folder of its `config.json`. Default: that of the user. */
  readonly config?: string;
}

/** What an engine holds that has a label: ids of containers, names of volumes and networks. */
export interface Labelled {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
}

/** What a test sets later is meant for the plug-in. */
const ownHost = process.env.DOCKER_HOST;

/** A Docker engine, used by the CLI: what the tests see of it does not come from the library under test. */
export class Engine {
  /** Such as `unix:///run/docker.sock`; undefined for the engine that the CLI finds by itself. */
  readonly host: string | undefined;

  constructor(host?: string) {
    this.host = host;
  }

  /** What programs need in their environment to reach it. */
  get environment(): NodeJS.ProcessEnv {
    return { DOCKER_HOST: this.host ?? ownHost };
  }

  /** What the CLI prints. @throws Error with what it wrote to stderr, unless its exit code is 0 */
  docker(...args: string[]): Promise<string> {
    return this.run(args);
  }

  async run(args: readonly string[], { input = '', config }: DockerOptions = {}): Promise<string> {
    const child = spawn('docker', [...(config === undefined ? [] : ['--config', config]), ...args], {
      env: { ...process.env, ...this.environment },
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${err.trim() || `exit code ${code}`}`);
    return out.trim();
  }

  /** The same, by lines. */
  async lines(...args: string[]): Promise<string[]> {
    return (await this.run(args)).split('\n').filter(Boolean);
  }

  async has(image: string): Promise<boolean> {
    return await this.run(['image', 'inspect', image]).then(
      () => true,
      () => false,
    );
  }

  /** Gives what a call of the CLI prints to another call. @throws Error with what they wrote to stderr, unless both end with 0 */
  async pipe(from: readonly string[], to: readonly string[], target: Engine = this): Promise<void> {
    const writer = spawn('docker', from, { env: { ...process.env, ...this.environment } });
    const reader = spawn('docker', to, { env: { ...process.env, ...target.environment } });
    reader.stdin.on('error', () => {});
    writer.stdout.pipe(reader.stdin);
    const [said, , ...codes] = await Promise.all([
      Promise.all([text(writer.stderr), text(reader.stderr)]),
      text(reader.stdout),
      once(writer, 'close'),
      once(reader, 'close'),
    ]);
    if (codes.some(([code]) => code !== 0)) throw new Error(said.join('').trim());
  }

  /** Copies an image of another engine. */
  async load(image: string, from: Engine): Promise<void> {
    await from.pipe(['save', image], ['load'], this);
  }

  /** @param label `NAME` or `NAME=VALUE` */
  async labelled(label: string): Promise<Labelled> {
    const filter = ['--quiet', '--filter', `label=${label}`];
    const [containers, volumes, networks] = await Promise.all([
      this.lines('ps', '--all', '--no-trunc', ...filter),
      this.lines('volume', 'ls', ...filter),
      this.lines('network', 'ls', '--no-trunc', ...filter),
    ]);
    return { containers, volumes, networks };
  }
}

/** The engine of this machine. It is shared: a test removes what it made, and nothing else. */
export const engine = new Engine();
