import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';

interface SshTarget {
  readonly host: string;
  /** Empty: as ssh_config(5) says. */
  readonly user: string;
  readonly port: number | undefined;
}

/** The program `ssh` has ended with an error: to callers an engine that is away, and its last words. */
export class SshFailure extends Error {
  override readonly name = 'SshFailure';
  readonly code: 'ECONNREFUSED' | 'ECONNRESET';

  constructor(message: string, wasConnected: boolean) {
    super(message);
    this.code = wasConnected ? 'ECONNRESET' : 'ECONNREFUSED';
  }
}

/**
 * Connections to the engine of another machine by the program `ssh`, as the Docker CLI makes them: with the user's configuration, keys
 * and known hosts. (The way of dockerode does not check who the host is.) It asks for nothing: keys must be in an agent.
 */
export class SshAgent extends Agent {
  private readonly target: SshTarget;

  constructor(target: SshTarget) {
    super({ keepAlive: false });
    this.target = target;
  }

  override createConnection(): Duplex {
    const { host, user, port } = this.target;
    const options = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', '-T'];
    const who = [...(user === '' ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', String(port)])];
    const remote = ['docker', 'system', 'dial-stdio'];
    const child = spawn('ssh', [...options, ...who, '--', host, ...remote], { stdio: ['pipe', 'pipe', 'pipe'] });
    const connection = new Duplex({
      read: () => void child.stdout.resume(),
      // That it cannot be written to any more is said by its end, with the reason.
      write: (chunk, _encoding, done) => void child.stdin.write(chunk, () => done()),
      final: (done) => void child.stdin.end(() => done()),
      destroy: (error, done) => {
        child.kill();
        done(error);
      },
    });
    let said = '';
    let wasConnected = false;
    child.stdin.on('error', () => {});
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-2_000);
    });
    child.stdout.on('data', (chunk) => {
      wasConnected = true;
      if (!connection.push(chunk)) child.stdout.pause();
    });
    child.once('error', ({ message }) => connection.destroy(new SshFailure(`ssh cannot be run: ${message}`, false)));
    child.once('close', (code) => {
      if (code === 0) connection.push(null);
      else connection.destroy(new SshFailure(`ssh ${host}: ${lastLine(said) || `exit code ${code}`}`, wasConnected));
    });
    return connection;
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';
