import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A Node process of the bench that ends when its standard input does, and so also with this process. */
export class Child implements AsyncDisposable {
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, args, { cwd: root, stdio: ['pipe', 'ignore', 'inherit'] });
    this.exited = once(this.child, 'exit');
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('a process of the bench was not started');
    return this.child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.stdin?.end();
    await this.exited;
  }
}

/** Node alone, that does nothing. */
export const idleNode = (): Child => new Child(['-e', 'process.stdin.resume()']);

/** The client as it is installed, ready and with keys. */
export function clientProgram(place: { port: number; name: string; credentials: string }): Child {
  const { port, name, credentials } = place;
  const flags = ['--connect', `tcp://127.0.0.1:${port}`, '--name', name, '--credentials', credentials];
  return new Child(['dist/src/bin.js', 'client', ...flags, '--ready', '--allow-all', '--until-stdin-ends', '--quiet']);
}
