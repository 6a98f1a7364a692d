import { open } from 'node:fs/promises';
import { type Logger, pino } from 'pino';
import { SignalboxError } from '../../index.ts';
import { escapeInvisible } from '../../shell/json-line.ts';
import type { Host } from '../host.ts';
import { BoundedLines } from './bounded-lines.ts';
import type { LogOptions } from './log.ts';

/** Of records that wait for a slow or full disk, or for a reader of standard error. */
const maxWaitingBytes = 1_048_576;

interface OpenLog extends AsyncDisposable {
  readonly logger: Logger;
}

/**
 * A log of JSON lines, with the time in epoch ms. pino's own destination is not used: on a full disk it holds the process at its
 * end until there is room.
 * @throws SignalboxError `bad_usage` where the file cannot be opened.
 */
export async function openLog(options: {
  to: string;
  level: LogOptions['logLevel'];
  program: string;
  host: Pick<Host, 'stderr' | 'endBound'>;
}): Promise<OpenLog> {
  const { to, level, program, host } = options;
  const target = to === '-' ? standardError(host) : await file(to);
  const lines = new BoundedLines({
    put: target.put,
    maxWaitingBytes,
    onFailure: (error) => void host.stderr.write(`the log cannot be written: ${error.message}; trying on\n`),
    onLost: (count) => logger.warn({ count }, 'lines were lost'),
  });
  const logger = pino(
    {
      level,
      base: { program, pid: process.pid },
      timestamp: () => `,"ts":${Date.now()}`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: escapeInvisible },
    },
    lines,
  );
  return {
    logger,
    async [Symbol.asyncDispose]() {
      await host.endBound.during('the log', lines.flush());
      await target.close();
    },
  };
}

function standardError({ stderr }: Pick<Host, 'stderr'>) {
  const put = async (bytes: Buffer) => {
    await stderr.write(bytes.toString());
    return bytes.length;
  };
  return { put, close: async () => {} };
}

/** Only its owner can read it. It is appended to, wherever its end is: a rotation may copy and truncate it. */
async function file(path: string) {
  const handle = await open(path, 'a', 0o600).catch((cause) => {
    throw new SignalboxError('bad_usage', `${path} cannot be opened: ${cause.message}`, { cause });
  });
  const put = async (bytes: Buffer) => (await handle.write(bytes)).bytesWritten;
  return { put, close: () => handle.close().catch(() => {}) };
}
