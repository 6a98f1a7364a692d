import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { SignalboxError } from '../../schemas/index.ts';
import { readPrivateText } from '../private-text.ts';
import { systemCode } from '../process/system-error.ts';

/** An allow-list of 100,000 clients fits. */
const maxBytes = 67_108_864;

/**
 * Reads a JSON file that holds secrets.
 * @throws SignalboxError `not_allowed` where it is missing, cannot be read, others can read it, or it does not fit the
 * schema. Its `cause` is the error of the file system, where there is one.
 */
export function readPrivateFile<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(path, readPrivateText(path, maxBytes)));
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

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SignalboxError('not_allowed', `${path} is no JSON`, { cause });
  }
}

const codeOf = (error: unknown): string | undefined =>
  systemCode(error instanceof SignalboxError ? error.cause : error);
