import type { Logger } from 'pino';
import type { Host } from '../host/host.ts';
import { printable } from '../host/printable.ts';
import type { Fault } from '../plugin/fault.ts';
import type { LogOptions } from './log/log.ts';

/** Reports on standard error and in the log that an observer or other code called for events has failed. */
export function reportFault(
  { log }: Pick<LogOptions, 'log'>,
  { stderr }: Pick<Host, 'stderr'>,
  logger: Logger | undefined,
): (fault: Fault) => void {
  return ({ source, error: { code, message: reason } }) => {
    logger?.error({ source, code, reason }, 'code failed');
    // A log on standard error has it already.
    if (log !== '-') void stderr.write(`${printable(`${source} failed: ${reason}`)}\n`);
  };
}
