import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { SignalboxError } from '../../schemas/errors.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Host } from '../host/host.ts';
import { printable } from '../host/printable.ts';

/** Including the start of this program, the answer takes at most 2 s. */
const timeoutMs = 1_500;

/** `signalbox health`: exits with 0 if the program answers, otherwise with 1, as container engines expect. */
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
 * Asks the program that listens at a path for its health.
 * @returns its answer, one line.
 * @throws SignalboxError `cannot_connect` if no program listens, `timed_out` without an answer.
 */
async function askHealth(path: string, timeoutMs: number): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const [line = ''] = (await text(connect({ path, signal }))).split('\n');
    if (line !== '') return line;
    throw new SignalboxError('cannot_connect', `the program at ${path} is ending`);
  } catch (cause) {
    if (cause instanceof SignalboxError) throw cause;
    if (!signal.aborted) throw new SignalboxError('cannot_connect', `no program answers at ${path}`, { cause });
    const late = `no answer from ${path} in ${timeoutMs / 1000} s: its program is stopped or blocked`;
    throw new SignalboxError('timed_out', late, { cause });
  }
}
