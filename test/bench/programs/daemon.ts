import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as passing } from 'node:timers/promises';
import { canConnect } from '../../support/can-connect.ts';

const [maxAttempts, attemptMs] = [1_000, 20];

/** A program that listens. It ends with this process, however that ends. */
export class Daemon implements AsyncDisposable {
  private readonly shell: ChildProcess;

  constructor(command: readonly string[]) {
    const script = '"$@" & read -r _; kill $!; wait';
    this.shell = spawn('/bin/sh', ['-c', script, 'sh', ...command], { stdio: ['pipe', 'ignore', 'ignore'] });
  }

  /** @throws Error when it does not listen there in time. */
  async listens(at: { readonly port: number } | { readonly path: string }): Promise<void> {
    for (let attempt = 0; !(await canConnect(at)); attempt += 1) {
      if (attempt === maxAttempts) throw new Error(`${this.shell.spawnargs[4]} does not listen`);
      await passing(attemptMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.shell, 'exit');
    this.shell.stdin?.end();
    await exited;
  }
}
