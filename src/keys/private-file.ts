import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { SignalboxError } from '../../schemas/index.ts';
import { readPrivateText } from '../private-text.ts';
import { systemCode } from '../process/system-error.ts';

/** Room for an allow-list of 100,000 clients. */
const maxBytes = 67_108_864;

/**
 * Reads a JSON file that contains secrets.
 * @throws SignalboxError `not_allowed` if it is missing, unreadable, readable by others, or does not match the schema.
 * Its `cause` is the error of the file system, if there is one.
 */
export function readPrivateFile<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(path, readPrivateText(path, maxBytes)));
  if (parsed.success) return parsed.data;
  throw new SignalboxError('not_allowed', `${path} is not valid: ${z.prettifyError(parsed.error)}`);
}

/**
 * Writes a new JSON file with mode 0600. An existing file is not changed.
 * @throws the error of `open`: `EEXIST` if the file exists; or of `write`: then the file is removed.
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

/** Whether reading failed because the file does not exist. */
export function isMissingFile(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

/** Whether this process or the system has run out of file descriptors. */
export function isOutOfDescriptors(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes(codeOf(error) ?? '');
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SignalboxError('not_allowed', `${path} is not valid JSON`, { cause });
  }
}

const codeOf = (error: unknown): string | undefined =>
  systemCode(error instanceof SignalboxError ? error.cause : error);
