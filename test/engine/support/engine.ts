import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type Command, pipe } from './pipe.ts';

interface DockerOptions {
  readonly input?: string | Buffer;
  /** The folder of its `config.json`. Default: that of the user. */
  readonly config?: string;
}

/** The objects of an engine that have a label: ids of containers, names of volumes and networks. */
export interface Labelled {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
}

/** Later settings of a test are meant for the plug-in. */
const ownHost = process.env.DOCKER_HOST;

/** A Docker engine, used by the CLI, so that tests see it independently of the library under test. */
export class Engine {
  /** Such as `unix:///run/docker.sock`; undefined for the engine that the CLI finds by itself. */
  readonly host: string | undefined;

  constructor(host?: string) {
    this.host = host;
  }

  /** The environment variables that programs need to reach it. */
  get environment(): NodeJS.ProcessEnv {
    return { DOCKER_HOST: this.host ?? ownHost };
  }

  /**
   * The output of the CLI.
   * @throws Error with its stderr, unless its exit code is 0
   */
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

  /** A call of the CLI, for `pipe`. */
  command(...args: string[]): Command {
    return { argv: ['docker', ...args], env: this.environment };
  }

  /** Copies an image of another engine. */
  async load(image: string, from: Engine): Promise<void> {
    await pipe(from.command('save', image), this.command('load'));
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

/** The engine of this machine. It is shared: a test removes only what it made. */
export const engine = new Engine();
