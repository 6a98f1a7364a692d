import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import type { OwnEngine } from './own-engine.ts';

const relay = `const { connect, createServer } = require('node:net');
const { pipeline } = require('node:stream');
const [port, path] = process.argv.slice(1);
createServer((near) => {
  const far = connect(Number(port), '127.0.0.1');
  pipeline(near, far, near, () => {});
}).listen(path, () => console.log('listens'));`;

/** A port of this machine that leads to the engine of a test, which is in its own network namespace. */
export class EnginePort implements AsyncDisposable {
  readonly port: number;
  private readonly server: Server;
  private readonly inside: ChildProcess;
  private readonly sockets: Set<Socket>;

  private constructor(server: Server, inside: ChildProcess, sockets: Set<Socket>) {
    const address = server.address();
    this.port = typeof address === 'object' && address ? address.port : 0;
    this.server = server;
    this.inside = inside;
    this.sockets = sockets;
  }

  static async open({ folder }: OwnEngine, port: number): Promise<EnginePort> {
    const enter = ['--target', readFileSync(join(folder, 'pid'), 'utf8').trim(), '--net'];
    execFileSync('nsenter', [...enter, 'ip', 'link', 'set', 'lo', 'up']);
    const path = join(folder, `port-${port}`);
    const args = [...enter, process.execPath, '-e', relay, String(port), path];
    const inside = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (inside.stdout) await once(inside.stdout, 'data');
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(path);
      for (const one of [near, far]) sockets.add(one.once('close', () => sockets.delete(one)));
      pipeline(near, far, near, () => {});
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new EnginePort(server, inside, sockets);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [once(this.server, 'close'), once(this.inside, 'close')];
    this.inside.kill('SIGKILL');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(closed);
  }
}
