import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { SignalboxError } from '../index.ts';
import type { WrittenRecord } from './bounded-audit.ts';

/**
 * Appends audit records to a file that only its owner can read, as JSON lines with the time in epoch ms.
 * @param onFailure is told, once, when it can no longer be written.
 * @throws SignalboxError `bad_usage` where it cannot be opened.
 */
export async function openAuditFile(
  path: string,
  onFailure: (error: Error) => void,
): Promise<{ write: (record: WrittenRecord) => void } & AsyncDisposable> {
  const file = await open(path, 'a', 0o600).catch((cause) => {
    throw new SignalboxError('bad_usage', `${path} cannot be opened: ${cause.message}`, { cause });
  });
  const stream = createWriteStream(path, { fd: file });
  stream.once('error', onFailure);
  return {
    write: (record) => {
      const { event, ...rest } = record;
      if (stream.writable) stream.write(`${JSON.stringify({ event, ts: Date.now(), ...rest })}\n`);
    },
    async [Symbol.asyncDispose]() {
      if (stream.writable) await new Promise<void>((resolve) => stream.end(resolve));
    },
  };
}
