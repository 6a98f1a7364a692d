import { type Level, type Logger, pino } from 'pino';
import type { Host } from '../../host/host.ts';
import { escapeInvisible } from '../../host/json-line.ts';
import { AppendFile } from '../append-file.ts';
import { BoundedLines } from './bounded-lines.ts';

/** Limit of records that wait for a slow or full disk, or for a reader of standard error. */
const maxWaitingBytes = 1_048_576;

interface OpenLog extends AsyncDisposable {
  readonly logger: Logger;
}

/**
 * A log of JSON lines, with the time in epoch ms. pino's own destination is not used, because on a full disk it blocks
 * the end of the process until there is room.
 * @throws SignalboxError `bad_usage` if the file cannot be opened.
 */
export async function openLog(options: {
  to: string;
  level: Level;
  program: string;
  host: Pick<Host, 'stderr' | 'endBound' | 'hangups'>;
}): Promise<OpenLog> {
  const { to, level, program, host } = options;
  const onFailure = (error: Error) =>
    void host.stderr.write(`the log cannot be written: ${error.message}; trying again\n`);
  await using opening = new AsyncDisposableStack();
  const file = to === '-' ? undefined : opening.use(await AppendFile.open(to, onFailure));
  if (file) opening.use(host.hangups.listen(() => void file.reopen()));
  const lines = new BoundedLines({
    put: (bytes) => file?.put(bytes) ?? putOnStandardError(bytes, host),
    maxWaitingBytes,
    onFailure,
    onLost: (count) => logger.warn({ count }, 'lines were lost'),
  });
  const logger = pino(
    {
      level,
      base: null,
      timestamp: false,
      // Records of events have the time of the event.
      mixin: () => ({ ts: Date.now(), program, pid: process.pid }),
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: escapeInvisible },
    },
    lines,
  );
  const opened = opening.move();
  return {
    logger,
    async [Symbol.asyncDispose]() {
      await host.endBound.during('the log', lines.flush());
      await opened.disposeAsync();
    },
  };
}

async function putOnStandardError(bytes: Buffer, { stderr }: Pick<Host, 'stderr'>): Promise<number> {
  await stderr.write(bytes.toString());
  return bytes.length;
}
