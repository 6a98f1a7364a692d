import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as passing } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';

const [maxAttempts, attemptMs] = [1_000, 20];

/** What `nats-server --version` says, or undefined where there is none on the PATH. */
export function natsVersion(): string | undefined {
  try {
    return execFileSync('nats-server', ['--version'], { encoding: 'utf8' }).trim().replace(': v', ' ');
  } catch {
    return undefined;
  }
}

/** A nats-server of its own, on loopback. It ends with this process, however that ends. */
export class NatsServer implements AsyncDisposable {
  readonly port: number;
  private readonly shell: ChildProcess;

  private constructor(port: number) {
    this.port = port;
    const script = 'nats-server --addr 127.0.0.1 --port "$0" & read -r _; kill $!; wait';
    this.shell = spawn('/bin/sh', ['-c', script, String(port)], { stdio: ['pipe', 'ignore', 'ignore'] });
  }

  static async start(): Promise<NatsServer> {
    const server = new NatsServer(await freePort());
    for (let attempt = 0; !(await canConnect(server.port)); attempt += 1) {
      if (attempt === maxAttempts) throw new Error('nats-server does not listen');
      await passing(attemptMs);
    }
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.shell, 'exit');
    this.shell.stdin?.end();
    await exited;
  }
}

async function canConnect(port: number): Promise<boolean> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
