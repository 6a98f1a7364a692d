import { closeSync, openSync, readFileSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { SignalboxError } from '../../schemas/index.ts';
import { openRegularFile } from '../open-input.ts';
import { systemCode, wordsOf } from '../process/system-error.ts';

/** An allow-list of 100,000 clients fits. */
const maxBytes = 67_108_864;

/**
 * Reads a JSON file that holds secrets.
 * @throws SignalboxError `not_allowed` where it is missing, cannot be read, others can read it, or it does not fit the
 * schema. Its `cause` is the error of the file system, where there is one.
 */
export function readPrivateFile<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(path, readText(path)));
  if (parsed.success) return parsed.data;
  throw new SignalboxError('not_allowed', `${path} is not what it should be: ${z.prettifyError(parsed.error)}`);
}

/**
 * Writes a JSON file that only its owner can read; one that is there stays as it is.
 * @throws the error of `open`: `EEXIST` where it is there; of `write`: nothing is left of it then.
 */
export function writePrivateFile(path: string, value: object): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(fd, `${JSON.stringify(value, null, 2)}\n`);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Whether the file that could not be read does not exist; every other failure says nothing about that. */
export function isMissingFile(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

/** Whether this process, or the system, has no descriptor left. */
export function isOutOfDescriptors(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes(codeOf(error) ?? '');
}

function readText(path: string): string {
  let fd: number | undefined;
  try {
    const file = openRegularFile(path);
    fd = file.fd;
    checkMode(path, file.stat);
    if (file.stat.size > maxBytes) throw new Error(`it has over ${maxBytes} bytes`);
    return readFileSync(fd, 'utf8');
  } catch (cause) {
    if (cause instanceof SignalboxError) throw cause;
    const why = isMissingFile(cause) ? 'is not there' : `cannot be read: ${wordsOf(cause)}`;
    throw new SignalboxError('not_allowed', `${path} ${why}`, { cause });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SignalboxError('not_allowed', `${path} is no JSON`, { cause });
  }
}

const codeOf = (error: unknown): string | undefined =>
  systemCode(error instanceof SignalboxError ? error.cause : error);

function checkMode(path: string, { mode, uid }: Stats): void {
  if ((mode & 0o077) !== 0) {
    throw new SignalboxError('not_allowed', `others can read ${path}; make it yours alone: chmod 600 ${path}`);
  }
  const own = process.getuid?.();
  if (own !== undefined && own !== 0 && uid !== own) {
    throw new SignalboxError('not_allowed', `${path} belongs to another user`);
  }
}
