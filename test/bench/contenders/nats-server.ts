import { execFileSync } from 'node:child_process';
import { freePort } from '../../support/free-port.ts';
import { Daemon } from '../programs/daemon.ts';

/** The output of `nats-server --version`, or undefined if it is not on the PATH. */
export function natsVersion(): string | undefined {
  try {
    return execFileSync('nats-server', ['--version'], { encoding: 'utf8' }).trim().replace(': v', ' ');
  } catch {
    return undefined;
  }
}

/** A nats-server on loopback. */
export class NatsServer extends Daemon {
  readonly port: number;

  private constructor(port: number) {
    super(['nats-server', '--addr', '127.0.0.1', '--port', String(port)]);
    this.port = port;
  }

  static async start(): Promise<NatsServer> {
    const server = new NatsServer(await freePort());
    await server.listens({ port: server.port });
    return server;
  }
}
