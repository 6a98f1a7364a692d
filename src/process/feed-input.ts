import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ProcessOptions } from './options.ts';

/**
 * Writes the input of a process, then ends it. If the process stops reading or the source fails, it ends early without
 * an error.
 */
export async function feedInput(stdin: Writable, source: NonNullable<ProcessOptions['stdin']>): Promise<void> {
  const pieces = typeof source === 'string' || source instanceof Uint8Array ? [source] : source;
  try {
    await pipeline(Readable.from(pieces), stdin);
  } catch {
    stdin.destroy();
  }
}
