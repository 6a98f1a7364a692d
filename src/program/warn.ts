import type { Logger } from 'pino';
import type { Host } from '../host/host.ts';
import { printable } from '../host/printable.ts';
import type { LogOptions } from '../observe/log/log.ts';

/** Warns, on standard error and in the log, about questionable options of a program. */
export function createWarn(
  { log }: Pick<LogOptions, 'log'>,
  { stderr }: Pick<Host, 'stderr'>,
  logger: Logger | undefined,
): (reason: string) => void {
  return (reason) => {
    logger?.warn({ reason }, 'warning');
    // A log on standard error has it already.
    if (log !== '-') void stderr.write(`warning: ${printable(reason)}\n`);
  };
}
