import { SignalboxError } from '../../schemas/errors.ts';
import { exitCodeOfError } from '../exit-code.ts';
import type { Sink } from '../host/sink.ts';
import { JsonOutput } from '../shell/output/json.ts';
import { noOutcomes } from '../shell/output/tally.ts';

/**
 * Of a server that could not begin, for the program that reads its JSON: the error, and the summary that comes last.
 */
export async function saidInJson(error: unknown, stdout: Sink): Promise<void> {
  const fault = SignalboxError.from(error, 'internal');
  const exitCode = exitCodeOfError(fault.code);
  const output = new JsonOutput(stdout);
  output.error(fault);
  output.summary({ counts: noOutcomes(), unfinished: 0 }, exitCode);
  await output.flush().catch(() => {});
}
