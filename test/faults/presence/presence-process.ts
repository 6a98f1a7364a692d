import { PresenceProgram } from '../../e2e/presence/presence-programs.ts';
import { freePort } from '../../support/free-port.ts';
import type { Life, PongModel } from './pong-model.ts';

/** A gateway, a status service or a server at a fixed port, restarted after each kill. */
export class PresenceProcess implements AsyncDisposable {
  readonly address: string;
  /** Of the current or the last process. */
  life: Life = { calmSinceMs: undefined, isOver: true };
  frozenAtMs = 0;
  private readonly model: PongModel;
  private readonly args: (address: string) => readonly string[];
  private program: PresenceProgram | undefined;

  private constructor(model: PongModel, args: (address: string) => readonly string[], port: number) {
    this.model = model;
    this.args = args;
    this.address = `127.0.0.1:${port}`;
  }

  static async start(model: PongModel, args: (address: string) => readonly string[]): Promise<PresenceProcess> {
    const process = new PresenceProcess(model, args, await freePort());
    await process.up();
    return process;
  }

  /** Resolves when it listens. */
  async up(): Promise<void> {
    this.program = await PresenceProgram.listening(...this.args(this.address));
    this.life = { calmSinceMs: performance.now(), isOver: false };
  }

  async kill(): Promise<void> {
    this.model.killed(this.life, performance.now());
    await this.program?.[Symbol.asyncDispose]();
  }

  freeze(): void {
    this.frozenAtMs = performance.now();
    this.model.disturbed(this.life, this.frozenAtMs);
    this.program?.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.program?.child.kill('SIGCONT');
    this.life.calmSinceMs = performance.now();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
