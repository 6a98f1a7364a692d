import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';
import type { Engine } from './engine.ts';

/** Of the user `box`, password `right`: the registry accepts only bcrypt. */
const passwords = 'box:$2b$05$abcdefghijklmnopqrstuu8xaCxxL82bnl.UY74PMksDxIJShppPC\n';

/**
 * A registry on loopback, without TLS, which engines allow there. Its contents are removed with it. A `LinkProxy` to
 * its port is the same registry, slow or refusing: engines know it by the port at the start of an image's name.
 */
export class Registry implements AsyncDisposable {
  readonly port: number;
  /** The prefix of its image names: `127.0.0.1:PORT`. */
  readonly address: string;
  private readonly folder: string;
  private readonly server: ChildProcess;
  private readonly exited: Promise<unknown>;

  private constructor(port: number, folder: string, server: ChildProcess) {
    this.port = port;
    this.address = `127.0.0.1:${port}`;
    this.folder = folder;
    this.server = server;
    this.exited = once(server, 'exit');
  }

  /** @param options.locked it asks for a user and password: `box` and `right`. */
  static async start({ locked = false } = {}): Promise<Registry> {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-registry-'));
    const port = await freePort();
    writeFileSync(join(folder, 'passwords'), passwords);
    const config = {
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
      http: { addr: `127.0.0.1:${port}`, secret: 'secret' },
      ...(locked && { auth: { htpasswd: { realm: 'tests', path: join(folder, 'passwords') } } }),
    };
    // JSON is YAML.
    writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
    const server = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
    const registry = new Registry(port, folder, server);
    await registry.untilReady();
    return registry;
  }

  /**
   * A new folder for `$DOCKER_CONFIG`, with credentials for this address: `127.0.0.1:PORT`. It is removed with the
   * registry.
   */
  credentials({ user = 'box', password = 'right', address = this.address } = {}): string {
    const folder = mkdtempSync(join(this.folder, 'credentials-'));
    const auth = Buffer.from(`${user}:${password}`).toString('base64');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [address]: { auth } } }));
    return folder;
  }

  /**
   * Puts an image of an engine here, as `NAME` or `NAME:TAG`. The engine forgets that name again, not the image.
   * @returns the name to pull it by
   */
  async push(engine: Engine, image: string, name: string): Promise<string> {
    const tag = `${this.address}/${name}`;
    await engine.docker('tag', image, tag);
    await engine.run(['push', '--quiet', tag], { config: this.credentials() });
    await engine.docker('image', 'rm', tag);
    return tag;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.server.exitCode === null) this.server.kill('SIGKILL');
    await this.exited;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async untilReady(): Promise<void> {
    while (this.server.exitCode === null) {
      const answer = await fetch(`http://${this.address}/v2/`).catch(() => undefined);
      if (answer) return;
      await setTimeout(20);
    }
    throw new Error('docker-registry did not start');
  }
}
