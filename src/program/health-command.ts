import type { ExitCode } from '../exit-code.ts';
import type { Host } from '../host/host.ts';
import { printable } from '../host/printable.ts';
import { SignalboxError } from '../index.ts';
import { askHealth } from './health.ts';

/** With the time that it takes to start this program, an answer comes within 2 s. */
const timeoutMs = 1_500;

/** `signalbox health`: 0 where the program answers, else 1, as container engines want it. */
export async function healthCommand({ at }: { readonly at: string }, host: Host): Promise<ExitCode> {
  try {
    void host.stdout.write(`${printable(await askHealth(at, timeoutMs))}\n`);
    return 0;
  } catch (error) {
    void host.stderr.write(`signalbox: ${printable(SignalboxError.from(error, 'internal').message)}\n`);
    return 1;
  }
}
