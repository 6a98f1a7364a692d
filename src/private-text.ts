import { closeSync, readFileSync, type Stats } from 'node:fs';
import { SignalboxError } from '../schemas/errors.ts';
import { openRegularFile } from './open-input.ts';
import { systemCode, wordsOf } from './process/system-error.ts';

/**
 * Reads a file that contains secrets.
 * @throws SignalboxError `not_allowed` if it is missing, unreadable, readable by others, or has more than `maxBytes`
 * bytes. Its `cause` is the error of the file system, if there is one.
 */
export function readPrivateText(path: string, maxBytes: number): string {
  let fd: number | undefined;
  try {
    const file = openRegularFile(path);
    fd = file.fd;
    checkMode(path, file.stat);
    if (file.stat.size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
    return readFileSync(fd, 'utf8');
  } catch (cause) {
    if (cause instanceof SignalboxError) throw cause;
    const why = systemCode(cause) === 'ENOENT' ? 'does not exist' : `cannot be read: ${wordsOf(cause)}`;
    throw new SignalboxError('not_allowed', `${path} ${why}`, { cause });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function checkMode(path: string, { mode, uid }: Stats): void {
  if ((mode & 0o077) !== 0) {
    throw new SignalboxError('not_allowed', `others can read ${path}; run: chmod 600 ${path}`);
  }
  const own = process.getuid?.();
  if (own !== undefined && own !== 0 && uid !== own) {
    throw new SignalboxError('not_allowed', `${path} belongs to another user`);
  }
}
