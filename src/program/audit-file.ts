import { open } from 'node:fs/promises';
import { SignalboxError } from '../index.ts';
import { jsonLine } from '../shell/json-line.ts';
import type { WrittenRecord } from './bounded-audit.ts';
import { BoundedLines } from './log/bounded-lines.ts';

/** Of records that wait for a slow or full disk. */
const maxWaitingBytes = 16_777_216;

/**
 * Appends audit records to a file that only its owner can read, as JSON lines with the time in epoch ms. What cannot be written
 * is tried again with each record; past the bound records are lost, and `lost` says how many.
 * @param onFailure is told, once, when it cannot be written.
 * @throws SignalboxError `bad_usage` where it cannot be opened.
 */
export async function openAuditFile(
  path: string,
  onFailure: (error: Error) => void,
): Promise<{ write: (record: WrittenRecord) => void } & AsyncDisposable> {
  const file = await open(path, 'a', 0o600).catch((cause) => {
    throw new SignalboxError('bad_usage', `${path} cannot be opened: ${cause.message}`, { cause });
  });
  const write = ({ event, ...rest }: WrittenRecord | { readonly event: 'lost'; readonly count: number }) =>
    lines.write(jsonLine({ event, ts: Date.now(), ...rest }));
  const lines: BoundedLines = new BoundedLines({
    put: async (bytes) => (await file.write(bytes)).bytesWritten,
    maxWaitingBytes,
    onFailure,
    onLost: (count) => write({ event: 'lost', count }),
  });
  return {
    write,
    async [Symbol.asyncDispose]() {
      await lines.flush();
      await file.close().catch(() => {});
    },
  };
}
