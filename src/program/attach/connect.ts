import { SignalboxError } from '../../../schemas/errors.ts';
import type { ExitCode } from '../../exit-code.ts';
import type { Host } from '../../host/host.ts';
import type { RemoteOptions } from '../../remote/remote-core.ts';
import { RemoteJobService } from '../../remote/remote-job-service.ts';
import { startTimeout } from '../../timer.ts';
import type { AttachOptions } from './attach-options.ts';

/**
 * Connects to a server, for at most `--connect-timeout` and `--timeout`.
 * @returns the exit code if this process has to end first, or `--timeout` passes.
 * @throws SignalboxError `cannot_connect`
 */
export async function connect(
  options: RemoteOptions,
  { connectTimeout, timeout = Number.POSITIVE_INFINITY }: Pick<AttachOptions, 'connectTimeout' | 'timeout'>,
  { ending: { signal: ending }, stderr }: Pick<Host, 'ending' | 'stderr'>,
): Promise<RemoteJobService | ExitCode> {
  const waitMs = Math.min(connectTimeout, timeout);
  using timeUp = startTimeout(waitMs);
  try {
    return await RemoteJobService.connect(options, AbortSignal.any([ending, timeUp.signal]));
  } catch (error) {
    if (ending.aborted) return ending.reason as ExitCode;
    if (!timeUp.signal.aborted) throw error;
    const text = `the server at ${typeof options.path === 'string' ? options.path : options.path.name} has not answered for ${waitMs / 1_000} s; is it stopped or blocked?`;
    const fault = new SignalboxError('cannot_connect', text);
    if (timeout > connectTimeout) throw fault;
    void stderr.write(`signalbox: ${fault.message}\n`);
    return 124;
  }
}
