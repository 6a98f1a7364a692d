import type { Logger } from 'pino';
import { SignalboxError } from '../../../schemas/errors.ts';
import type { Host } from '../../host/host.ts';
import { version } from '../../version.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export interface LogOptions {
  /** A file, or `-` for standard error. Undefined: no log. */
  readonly log?: string;
  readonly logLevel: (typeof logLevels)[number];
}

/**
 * Runs a subcommand with the log of its options, and logs its start and end. Without one, pino is not
 * loaded.
 */
export async function withLog(
  program: string,
  { log: to, logLevel: level }: LogOptions,
  host: Host,
  run: (logger: Logger | undefined) => Promise<number>,
): Promise<number> {
  if (to === undefined) return await run(undefined);
  const { openLog } = await import('./open-log.ts');
  await using log = await openLog({ to, level, program, host });
  const { logger } = log;
  logger.info({ version }, 'started');
  try {
    const exitCode = await run(logger);
    logger.info({ exitCode }, 'ended');
    return exitCode;
  } catch (error) {
    const { code, message } = SignalboxError.from(error, 'internal');
    logger.error({ code, reason: message }, 'failed');
    throw error;
  }
}
