import { closeSync, readFileSync, type Stats } from 'node:fs';
import { SignalboxError } from '../schemas/errors.ts';
import { openRegularFile } from './open-input.ts';
import { systemCode, wordsOf } from './process/system-error.ts';

/**
 * Reads a file that holds secrets.
 * @throws SignalboxError `not_allowed` where it is missing, cannot be read, others can read it, or it has more bytes. Its
 * `cause` is the error of the file system, where there is one.
 */
export function readPrivateText(path: string, maxBytes: number): string {
  let fd: number | undefined;
  try {
    const file = openRegularFile(path);
    fd = file.fd;
    checkMode(path, file.stat);
    if (file.stat.size > maxBytes) throw new Error(`it has over ${maxBytes} bytes`);
    return readFileSync(fd, 'utf8');
  } catch (cause) {
    if (cause instanceof SignalboxError) throw cause;
    const why = systemCode(cause) === 'ENOENT' ? 'is not there' : `cannot be read: ${wordsOf(cause)}`;
    throw new SignalboxError('not_allowed', `${path} ${why}`, { cause });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function checkMode(path: string, { mode, uid }: Stats): void {
  if ((mode & 0o077) !== 0) {
    throw new SignalboxError('not_allowed', `others can read ${path}; make it yours alone: chmod 600 ${path}`);
  }
  const own = process.getuid?.();
  if (own !== undefined && own !== 0 && uid !== own) {
    throw new SignalboxError('not_allowed', `${path} belongs to another user`);
  }
}
