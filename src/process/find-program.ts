import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isShortage } from './bounded-read.ts';
import { ProcessError } from './process-error.ts';
import { systemCode, wordsOf } from './system-error.ts';

/** Search path of `execvp(3)` if the environment has no PATH. */
const defaultPath = '/bin:/usr/bin';
/** Bytes read to tell a binary from a text, as in the kernel (BINPRM_BUF_SIZE). */
const headBytes = 256;

const missing = 'does not exist';

/** What a system error says about a file. */
function whatOf(error: unknown, words: Readonly<Record<string, string>>): string {
  const code = systemCode(error) ?? '';
  return (
    { ENOENT: missing, ENOTDIR: missing, ENAMETOOLONG: missing, ...words }[code] ??
    `cannot be inspected: ${wordsOf(error)}`
  );
}

/*
 * A thread costs ten times as much as such a call, and a search along PATH makes a dozen of them. So only the first access to
 * a path that the caller named uses a thread, in case its file system hangs. `spawn` also searches the directories of PATH on
 * this thread.
 */

/**
 * @param isOwn whether it is the working directory of this process.
 * @throws ProcessError `bad_cwd`
 */
export async function checkDirectory(cwd: string, isOwn: boolean): Promise<void> {
  try {
    if (!(isOwn ? statSync(cwd) : await stat(cwd)).isDirectory())
      throw new ProcessError('bad_cwd', `${cwd} is not a directory`);
    accessSync(cwd, constants.X_OK);
  } catch (error) {
    if (error instanceof ProcessError) throw error;
    const what = whatOf(error, { EACCES: 'may not be entered' });
    throw new ProcessError('bad_cwd', `the working directory ${cwd} ${what}`, { cause: error });
  }
}

/**
 * Finds the program as `exec` would, so that each kind of failure has its own error. The system repeats the search when
 * it starts the program.
 * @throws ProcessError `program_not_found`, `not_executable`, `cannot_fork`
 */
export async function checkProgram(name: string, cwd: string, path = defaultPath): Promise<void> {
  if (name.includes('/')) await stat(resolve(cwd, name)).catch(() => {});
  let refused: ProcessError | undefined;
  for (const candidate of candidates(name, cwd, path)) {
    const reason = whyNot(candidate);
    if (reason === undefined) return;
    if (reason !== missing) refused ??= new ProcessError('not_executable', `${candidate} ${reason}`);
  }
  const where = name.includes('/') ? '' : ' along PATH';
  throw refused ?? new ProcessError('program_not_found', `there is no program ${name}${where}`);
}

function candidates(name: string, cwd: string, path: string): string[] {
  if (name.includes('/')) return [resolve(cwd, name)];
  return path.split(':').map((directory) => resolve(cwd, directory, name));
}

function whyNot(file: string): string | undefined {
  try {
    // Most directories of PATH do not have the program, and a thrown error costs more than the call.
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found) return missing;
    if (!found.isFile()) return 'is not a regular file';
    accessSync(file, constants.X_OK);
  } catch (error) {
    return whatOf(error, { EACCES: 'may not be executed' });
  }
  return whyNotByHead(head(file));
}

/** `execvp(3)` would pass a text without `#!` to a shell; here no shell runs unless it is named. */
function whyNotByHead(bytes: Buffer | undefined): string | undefined {
  if (!bytes || bytes.includes(0)) return undefined;
  const text = bytes.toString('latin1');
  if (!text.startsWith('#!')) return 'is a text file without a #! line; run it with a shell';
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(text)?.[1];
  if (interpreter === undefined) return 'has an empty #! line';
  try {
    accessSync(interpreter, constants.X_OK);
    return undefined;
  } catch (error) {
    return `needs ${interpreter}, which ${whatOf(error, { EACCES: 'may not be executed' })}`;
  }
}

/**
 * The first bytes; undefined if the file may be executed but not read.
 * @throws ProcessError `cannot_fork` if descriptors ran out: an unchecked text might be passed to a shell.
 */
function head(file: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const bytes = Buffer.alloc(headBytes);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, headBytes, 0));
  } catch (error) {
    if (!isShortage(error)) return undefined;
    throw new ProcessError('cannot_fork', `${file} cannot be inspected: ${wordsOf(error)}`, { cause: error });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
