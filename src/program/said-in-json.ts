import { SignalboxError } from '../../schemas/errors.ts';
import { exitCodeOfError } from '../exit-code.ts';
import type { Sink } from '../host/sink.ts';
import { JsonOutput } from '../shell/output/json.ts';
import { noOutcomes } from '../shell/output/tally.ts';

/** Writes the error of a server that could not start, and the final summary, for the program that reads its JSON. */
export async function saidInJson(error: unknown, stdout: Sink): Promise<void> {
  const fault = SignalboxError.from(error, 'internal');
  const exitCode = exitCodeOfError(fault.code);
  const output = new JsonOutput(stdout);
  output.error(fault);
  output.summary({ counts: noOutcomes(), unfinished: 0 }, exitCode);
  await output.flush().catch(() => {});
}
