import { closeSync, fstatSync, openSync, readFileSync, type Stats, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { SignalboxError } from '../../schemas/index.ts';

/**
 * Reads a JSON file that holds secrets.
 * @throws SignalboxError `not_allowed` where it is missing, others can read it, or it does not fit the schema.
 */
export function readPrivateFile<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : 'cannot be read';
    throw new SignalboxError('not_allowed', `${path} ${why}`, { cause });
  }
  try {
    checkMode(path, fstatSync(fd));
    const parsed = schema.safeParse(JSON.parse(readFileSync(fd, 'utf8')));
    if (parsed.success) return parsed.data;
    throw new SignalboxError('not_allowed', `${path} is not what it should be: ${z.prettifyError(parsed.error)}`);
  } catch (cause) {
    if (cause instanceof SignalboxError) throw cause;
    throw new SignalboxError('not_allowed', `${path} is no JSON`, { cause });
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes a JSON file that only its owner can read; one that is there stays as it is.
 * @throws the error of `open`: `EEXIST` where it is there.
 */
export function writePrivateFile(path: string, value: object): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
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
