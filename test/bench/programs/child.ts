import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Options that make Node write a profile, for `BENCH_PROFILE`. */
export const profiling = (side: 'near' | 'far'): string[] =>
  process.env.BENCH_PROFILE === side ? ['--cpu-prof', '--cpu-prof-dir=.profile'] : [];

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A Node process of the bench that ends when its standard input does, and so also with this process. */
export class Child implements AsyncDisposable {
  private readonly child: ChildProcess;
  /** Rejects when it has ended. */
  readonly failed: Promise<never>;

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, args, { cwd: root, stdio: ['pipe', 'ignore', 'inherit'] });
    this.failed = once(this.child, 'exit').then(() => {
      throw new Error(`node ${args.join(' ')} has ended`);
    });
    this.failed.catch(() => {});
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('a process of the bench was not started');
    return this.child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.stdin?.end();
    await this.failed.catch(() => {});
  }
}

/** Node alone, which does nothing. */
export const idleNode = (): Child => new Child(['-e', 'process.stdin.resume()']);

/** The installed client, ready. */
export function clientProgram(place: { port: number; name: string; credentials: string | undefined }): Child {
  const { port, name, credentials } = place;
  const flags = ['--connect', `tcp://127.0.0.1:${port}`, '--name', name, '--ready', '--quiet'];
  if (credentials !== undefined) flags.push('--credentials', credentials, '--allow-all');
  return new Child([...profiling('far'), 'dist/src/bin.js', 'client', ...flags, '--until-stdin-ends']);
}
