import { fstatSync, ReadStream, readFileSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { SignalboxError } from '../../schemas/errors.ts';
import { wordsOf } from '../process/system-error.ts';

/**
 * Standard input as a script.
 * @throws SignalboxError `bad_usage`, at once if it cannot be read, later if reading fails.
 */
export function scriptInput(stdin: Readable): AsyncIterable<Uint8Array> {
  // For an input that it cannot read, Node provides an empty stream.
  if (!(stdin instanceof Socket || stdin instanceof ReadStream)) {
    throw unreadable(
      fstatSync(0).isDirectory() ? 'it is a folder' : 'it is not a file, pipe, terminal or stream socket',
    );
  }
  if (isClosed()) throw unreadable('it is closed');
  return read(stdin);
}

async function* read(stdin: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* stdin;
  } catch (cause) {
    throw unreadable(wordsOf(cause));
  }
}

const unreadable = (why: string) =>
  new SignalboxError('bad_usage', `standard input cannot be read: ${why}; provide a script there, or use -c`);

/** Node replaces a closed descriptor by /dev/null, opened for reading and writing; so do container engines. */
function isClosed(): boolean {
  try {
    const [, flags = '0'] = /^flags:\s*(\d+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8')) ?? [];
    const isReadWrite = (Number.parseInt(flags, 8) & 0o3) === 0o2;
    return isReadWrite && fstatSync(0).rdev === statSync('/dev/null').rdev;
  } catch {
    // Not on this system.
    return false;
  }
}
