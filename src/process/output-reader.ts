import type { OutputStream } from './options.ts';
import type { OutputLog } from './output-log.ts';
import { ProcessError } from './process-error.ts';

/** A piece of output. Pieces follow one another without overlap, each at the offset where the one before ended. */
export type OutputPiece =
  | { readonly type: 'data'; readonly offset: number; readonly data: Buffer }
  /** These bytes are gone: dropped at `maxOutputBytes` before this reader came to them, or never written to a full disk. */
  | { readonly type: 'gap'; readonly offset: number; readonly bytes: number };

export interface OutputOptions {
  /** Default: `stdout`. */
  readonly stream?: OutputStream;
  /** Offset of the first byte wanted. Default: 0, the start. */
  readonly from?: number;
  /** Most bytes in one piece. Default: 65,536. */
  readonly maxBytes?: number;
  /** Ends the reading, without an error. */
  readonly signal?: AbortSignal;
}

/** Reads until the stream has ended, waiting where there is nothing yet. */
export async function* readOutput(
  log: OutputLog,
  options: OutputOptions,
): AsyncGenerator<OutputPiece, void, undefined> {
  const { stream = 'stdout', from = 0, maxBytes = 65_536, signal } = options;
  if (!Number.isSafeInteger(from) || from < 0 || !(maxBytes >= 1)) {
    throw new ProcessError('bad_options', `an offset is a whole number of bytes, not ${from}`);
  }
  let offset = from;
  while (!signal?.aborted) {
    const found = await log.read(stream, offset, maxBytes);
    if (found.kind === 'end') return;
    if (found.kind === 'nothing-yet') await log.changed(stream, found.version, signal);
    else if (found.kind === 'gap') {
      yield { type: 'gap', offset, bytes: found.bytes };
      offset += found.bytes;
    } else {
      yield { type: 'data', offset, data: found.data };
      offset += found.data.length;
    }
  }
}
