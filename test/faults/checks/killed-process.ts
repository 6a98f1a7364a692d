import { Program } from '../../support/processes.ts';

/** A process that is killed and started again with the same arguments. */
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

  /** SIGTERM. @returns its exit code: null, or another one, where it had ended before. */
  async end(): Promise<number | null> {
    await this.program.terminate();
    return await this.program.exited;
  }

  /** What it has said on standard error since it was started. */
  get said(): string {
    return this.program.said.lines.map(({ data }) => data ?? '').join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.kill();
  }
}
