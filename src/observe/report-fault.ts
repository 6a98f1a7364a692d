import type { Logger } from 'pino';
import type { Host } from '../host/host.ts';
import { printable } from '../host/printable.ts';
import type { Fault } from '../plugin/fault.ts';
import type { LogOptions } from './log/log.ts';

/** Reports a failure of an observer or of other code called for events, on standard error and in the log. */
export function reportFault(
  { log }: Pick<LogOptions, 'log'>,
  { stderr }: Pick<Host, 'stderr'>,
  logger: Logger | undefined,
): (fault: Fault) => void {
  return ({ source, error: { code, message: reason } }) => {
    logger?.error({ source, code, reason }, 'code failed');
    // A log on standard error already has it.
    if (log !== '-') void stderr.write(`${printable(`${source} failed: ${reason}`)}\n`);
  };
}
