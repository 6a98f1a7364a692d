import type { Line } from '../../support/line-log.ts';
import { Program } from '../../support/processes.ts';

/** A process that is killed and restarted with the same arguments. */
export class KilledProcess implements AsyncDisposable {
  readonly name: string;
  kills = 0;
  private readonly args: readonly string[];
  private program: Program;

  constructor(name: string, ...args: readonly string[]) {
    this.name = name;
    this.args = ['src/main.ts', ...args];
    this.program = new Program(name, this.args);
  }

  async kill(): Promise<void> {
    this.kills += 1;
    await this.program.kill();
  }

  up(): void {
    this.program = new Program(this.name, this.args);
  }

  /**
   * SIGTERM.
   * @returns its exit code: null, or another one, if it had ended before.
   */
  async end(): Promise<number | null> {
    await this.program.terminate();
    return await this.program.exited;
  }

  /** Resolves when it writes this to standard error, from now on. */
  async says(text: string): Promise<void> {
    const { said } = this.program;
    const isIt = ({ data = '' }: Line) => data.includes(text);
    await said.until(text, isIt, { from: said.lines.length, timeoutMs: 60_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.kill();
  }
}
