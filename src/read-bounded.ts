import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { SignalboxError } from '../schemas/errors.ts';
import { wordsOf } from './process/system-error.ts';

const maxBytes = 1024 * 1024;

/**
 * Reads a text file. Pipes and devices are rejected, because they could block the process or never end.
 * @param what the file, for people: `the configuration x.yaml`.
 * @throws SignalboxError `bad_usage` if it is not a regular file, larger than 1 MiB, or not UTF-8.
 */
export function readBounded(path: string, what: string): string {
  const refused = (why: string, cause?: unknown) =>
    new SignalboxError('bad_usage', `${what} cannot be read: ${why}`, { cause });
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw refused(wordsOf(cause), cause);
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw refused('it is a folder');
    if (!stat.isFile()) throw refused('it is not a regular file');
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(fd, bytes, length, bytes.length - length, null);
    }
    if (length > maxBytes) throw refused(`it is larger than ${maxBytes} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length));
  } catch (error) {
    throw error instanceof TypeError ? refused('it is not UTF-8', error) : error;
  } finally {
    closeSync(fd);
  }
}
