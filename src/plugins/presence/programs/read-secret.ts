import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { SignalboxError } from '../../../index.ts';
import { UserSecret } from '../model/user-secret.ts';

const minBytes = 16;
const maxBytes = 4_096;

/**
 * Reads the secret in a file, without the newline at its end.
 * @throws SignalboxError `not_allowed` if the file cannot be read, if other users can read it, or if the secret is too short
 */
export function readUserSecret(path: string | undefined): UserSecret | undefined {
  if (path === undefined) return undefined;
  const refused = (why: string, cause?: unknown) =>
    new SignalboxError('not_allowed', `the file of --user-secret-file, ${path}, ${why}`, { cause });
  const buffer = Buffer.alloc(maxBytes + 1);
  let length: number;
  try {
    const fd = openSync(path, 'r');
    try {
      const info = fstatSync(fd);
      if (!info.isFile()) throw refused('is no file');
      if ((info.mode & 0o007) !== 0) throw refused(`can be read by others: chmod 640 ${path}`);
      length = readSync(fd, buffer, 0, buffer.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    if (cause instanceof SignalboxError) throw cause;
    throw refused(`cannot be read: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
  const end = buffer[length - 1] === 0x0a ? length - 1 : length;
  if (length > maxBytes) throw refused(`has more than ${maxBytes} bytes`);
  if (end < minBytes) throw refused(`has fewer than ${minBytes} bytes: openssl rand -hex 32 > ${path}`);
  return new UserSecret(buffer.subarray(0, end));
}
