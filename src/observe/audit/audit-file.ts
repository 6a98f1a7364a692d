import type { EndBound } from '../../host/end-bound.ts';
import { jsonLine } from '../../host/json-line.ts';
import { AppendFile } from '../append-file.ts';
import { BoundedLines } from '../log/bounded-lines.ts';
import type { WrittenRecord } from './bounded-audit.ts';

/** Limit of records that wait for a slow or full disk. */
const maxWaitingBytes = 16_777_216;

/**
 * Appends audit records to a file that only its owner can read, as JSON lines. A failed write is retried with each
 * record. Beyond the limit records are lost, and `lost` reports their number.
 * @param onFailure called once when it cannot be written, and when it cannot be reopened.
 * @throws SignalboxError `bad_usage` if it cannot be opened.
 */
export async function openAuditFile(
  path: string,
  { onFailure, endBound }: { onFailure: (error: Error) => void; endBound: EndBound },
): Promise<{ write: (record: WrittenRecord) => void; reopen: () => Promise<void> } & AsyncDisposable> {
  const file = await AppendFile.open(path, onFailure);
  const write = (record: WrittenRecord) => lines.write(jsonLine(record));
  const lines: BoundedLines = new BoundedLines({
    put: (bytes) => file.put(bytes),
    maxWaitingBytes,
    onFailure,
    onLost: (count) => lines.write(jsonLine({ event: 'lost', ts: Date.now(), count })),
  });
  return {
    write,
    reopen: () => file.reopen(),
    async [Symbol.asyncDispose]() {
      await endBound.during('the audit file', lines.flush());
      await file[Symbol.asyncDispose]();
    },
  };
}
