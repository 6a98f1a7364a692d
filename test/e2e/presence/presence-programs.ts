import { expect } from 'vitest';
import { Program } from '../../support/program.ts';

/** A program whose log is on standard error, once it listens. */
export class PresenceProgram extends Program {
  /** The address that it listens on. */
  address = '';

  /** Starts `signalbox presence gateway` or `status` at a free port. */
  static async start(name: 'gateway' | 'status', ...args: string[]): Promise<PresenceProgram> {
    return await PresenceProgram.listening('presence', name, '--bind', '127.0.0.1:0', ...args);
  }

  /** Starts a server with `--presence`, or any other subcommand. */
  static async listening(...args: string[]): Promise<PresenceProgram> {
    const program = new PresenceProgram(...args);
    program.address = JSON.parse(await program.line(/"(listening|answering presence)"/)).address ?? '';
    if (program.address === '') program.address = JSON.parse(await program.line(/"answering presence"/)).address;
    return program;
  }

  /** Records of its log with this message. */
  logged(message: string): Record<string, unknown>[] {
    const records = this.err.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    return records.filter(({ msg }) => msg === message);
  }

  /** Ends it in order. */
  async terminate(): Promise<void> {
    this.child.kill('SIGTERM');
    expect(await this.exitCode()).toBe(0);
  }
}
