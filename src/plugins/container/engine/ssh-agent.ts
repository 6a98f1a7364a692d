import { Agent, type ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { SshConnection, type SshTarget } from './ssh-connection.ts';

/** An idle connection is closed after this time. */
const idleMs = 10_000;

/**
 * Connects to the engine of another machine with the program `ssh`, as the Docker CLI does: with the configuration, keys and known hosts
 * of the user. (dockerode would not verify the host.) It never prompts, so keys must be in an agent.
 */
export class SshAgent extends Agent {
  private readonly target: SshTarget;
  private readonly idle = new WeakMap<Duplex, NodeJS.Timeout>();

  constructor(target: SshTarget) {
    super({ keepAlive: true, maxFreeSockets: 2 });
    this.target = target;
  }

  override createConnection(): Duplex {
    return new SshConnection(this.target);
  }

  override keepSocketAlive(connection: Duplex): boolean {
    if (!(connection instanceof SshConnection)) return false;
    connection.keepProcess(false);
    this.idle.set(connection, setTimeout(() => connection.destroy(), idleMs).unref());
    return true;
  }

  override reuseSocket(connection: Duplex, request: ClientRequest): void {
    clearTimeout(this.idle.get(connection));
    if (connection instanceof SshConnection) connection.keepProcess(true);
    request.reusedSocket = true;
  }
}
