import type { Host } from '../host/host.ts';
import type { Server } from '../index.ts';
import { startTimer } from '../process/timer.ts';
import { untilAborted } from '../until-aborted.ts';
import { version } from '../version.ts';
import type { ServerCommandOptions } from './server-options.ts';

/**
 * Runs until this process has to end.
 * @returns the exit code: 0 after SIGTERM or SIGINT, as for a client.
 * @throws the error with which the server ended by itself.
 */
export async function runHeadless(
  server: Server,
  { log, timeout }: Pick<ServerCommandOptions, 'log' | 'timeout'>,
  { ending, stderr }: Pick<Host, 'ending' | 'stderr'>,
): Promise<number> {
  // A log on standard error has it already.
  if (log !== '-') void stderr.write(`Signalbox ${version}, listening on ${server.endpoint}\n`);
  const deadline = new AbortController();
  using _ = timeout === undefined ? undefined : startTimer(timeout, () => deadline.abort());
  const error = await untilAborted(server.closed, AbortSignal.any([ending.signal, deadline.signal]));
  if (error) throw error;
  return ending.signal.aborted ? 0 : 124;
}
