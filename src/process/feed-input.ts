import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ProcessOptions } from './options.ts';

/** Gives a process its input and ends it. A process that stops reading, or a source that fails, ends it early: no error. */
export async function feedInput(stdin: Writable, source: NonNullable<ProcessOptions['stdin']>): Promise<void> {
  const pieces = typeof source === 'string' || source instanceof Uint8Array ? [source] : source;
  try {
    await pipeline(Readable.from(pieces), stdin);
  } catch {
    stdin.destroy();
  }
}
