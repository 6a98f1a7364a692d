import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { SignalboxError } from '../../schemas/errors.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Host } from '../host/host.ts';
import { printable } from '../host/printable.ts';

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

/**
 * Asks the program that answers at a path how it is.
 * @returns its line
 * @throws SignalboxError `cannot_connect` where nobody listens, `timed_out` where no answer comes.
 */
async function askHealth(path: string, timeoutMs: number): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const [line = ''] = (await text(connect({ path, signal }))).split('\n');
    if (line !== '') return line;
    throw new SignalboxError('cannot_connect', `the program at ${path} is ending`);
  } catch (cause) {
    if (cause instanceof SignalboxError) throw cause;
    if (!signal.aborted) throw new SignalboxError('cannot_connect', `nobody answers at ${path}`, { cause });
    const late = `no answer from ${path} in ${timeoutMs / 1000} s: its program is stopped or blocked`;
    throw new SignalboxError('timed_out', late, { cause });
  }
}
