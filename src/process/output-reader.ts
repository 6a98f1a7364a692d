import { type OutputStream, outputStreams } from './options.ts';
import type { OutputLog } from './output-log.ts';
import { ProcessError } from './process-error.ts';

/** A piece of output. Each piece starts at the offset where the previous one ended. */
export type OutputPiece =
  | { readonly type: 'data'; readonly offset: number; readonly data: Buffer }
  /** These bytes are missing: dropped at `maxOutputBytes` before this reader reached them, or no longer readable. */
  | { readonly type: 'gap'; readonly offset: number; readonly bytes: number };

/** Options of `output`. */
export interface OutputOptions {
  /** Default: `stdout`. */
  readonly stream?: OutputStream;
  /** Offset of the first byte to read. Default: 0, the start. */
  readonly from?: number;
  /** Maximum bytes per piece. Default: 65,536. */
  readonly maxBytes?: number;
  /** Ends reading, without an error. */
  readonly signal?: AbortSignal;
}

/** A piece of either stream, in order of arrival. */
export type OrderedPiece = OutputPiece & { readonly stream: OutputStream };

/** Options of `orderedOutput`. */
export interface OrderedOptions extends Pick<OutputOptions, 'maxBytes' | 'signal'> {
  /** Offsets of the first bytes to read. Default: 0, the start. */
  readonly from?: Readonly<Partial<Record<OutputStream, number>>>;
}

/** Reads until the stream has ended, waiting for new output. */
export async function* readOutput(
  log: OutputLog,
  options: OutputOptions,
): AsyncGenerator<OutputPiece, void, undefined> {
  const { stream = 'stdout', from = 0, maxBytes = 65_536, signal } = options;
  checkRange(from, maxBytes);
  let offset = from;
  while (!signal?.aborted) {
    const found = await log.read(stream, offset, maxBytes);
    if (found.kind === 'end') return;
    if (found.kind === 'nothing-yet') await log.changed(found.version, signal);
    else if (found.kind === 'gap') {
      yield { type: 'gap', offset, bytes: found.bytes };
      offset += found.bytes;
    } else {
      yield { type: 'data', offset, data: found.data };
      offset += found.data.length;
    }
  }
}

/** Reads until both streams have ended, waiting for new output. */
export async function* readOrdered(
  log: OutputLog,
  options: OrderedOptions,
): AsyncGenerator<OrderedPiece, void, undefined> {
  const { from = {}, maxBytes = 65_536, signal } = options;
  const offsets = { stdout: from.stdout ?? 0, stderr: from.stderr ?? 0 };
  for (const stream of outputStreams) checkRange(offsets[stream], maxBytes);
  for (let place = 0; !signal?.aborted; ) {
    const { version, hasEnded } = log;
    const run = log.next(offsets, place);
    if (!run && hasEnded) return;
    if (!run) {
      await log.changed(version, signal);
      continue;
    }
    const { stream, to } = run;
    const offset = offsets[stream];
    place = run.place;
    const found = await log.read(stream, offset, Math.min(maxBytes, to - offset));
    if (found.kind === 'gap') yield { type: 'gap', stream, offset, bytes: found.bytes };
    else if (found.kind === 'data') yield { type: 'data', stream, offset, data: found.data };
    else continue;
    offsets[stream] += found.kind === 'gap' ? found.bytes : found.data.length;
  }
}

function checkRange(offset: number, maxBytes: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && maxBytes >= 1) return;
  throw new ProcessError('bad_options', `an offset must be a whole number of bytes, not ${offset}`);
}
