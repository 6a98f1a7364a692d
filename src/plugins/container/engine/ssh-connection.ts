import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { Duplex, type Readable, type Writable } from 'node:stream';

export interface SshTarget {
  readonly host: string;
  /** Empty: from ssh_config(5). */
  readonly user: string;
  readonly port: number | undefined;
}

/** The program `ssh` has ended with an error. Callers treat it as an engine that does not answer. Contains the last output of `ssh`. */
export class SshFailure extends Error {
  override readonly name = 'SshFailure';
  readonly code: 'ECONNREFUSED' | 'ECONNRESET';

  constructor(message: string, wasConnected: boolean) {
    super(message);
    this.code = wasConnected ? 'ECONNRESET' : 'ECONNREFUSED';
  }
}

/** A connection to the engine of another machine, through a process of `ssh` and the Docker CLI there. */
export class SshConnection extends Duplex {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private said = '';
  private wasConnected = false;

  constructor({ host, user, port }: SshTarget) {
    super();
    const options = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', '-T'];
    const who = [...(user === '' ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', String(port)])];
    const args = [...options, ...who, '--', host, 'docker', 'system', 'dial-stdio'];
    this.child = spawn('ssh', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const { stdin, stdout, stderr } = this.child;
    // The exit of the process reports the reason.
    stdin.on('error', () => {});
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.said = `${this.said}${text}`.slice(-2_000);
    });
    stdout.on('data', (chunk) => {
      this.wasConnected = true;
      if (!this.push(chunk)) stdout.pause();
    });
    const fail = (why: string) => this.destroy(new SshFailure(why, this.wasConnected));
    this.child.once('error', ({ message }) => fail(`ssh cannot be run: ${message}`));
    this.child.once('close', (code) => {
      const [last = ''] = this.said.trim().split('\n').slice(-1);
      if (code === 0) this.push(null);
      else fail(`ssh ${host}: ${last.trim() || `exit code ${code}`}`);
    });
  }

  override _read(): void {
    this.child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.child.stdin.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.child.kill();
    done(error);
  }

  /** Sets whether the connection keeps this process alive. */
  keepProcess(keeps: boolean): void {
    const { stdin, stdout, stderr } = this.child;
    for (const one of [this.child, stdin, stdout, stderr] as unknown as Pick<Socket, 'ref' | 'unref'>[]) {
      if (keeps) one.ref();
      else one.unref();
    }
  }
}
