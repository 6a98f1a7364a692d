import { access, constants, open, stat } from 'node:fs/promises';
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
    `cannot be looked at: ${wordsOf(error)}`
  );
}

/** @throws ProcessError `bad_cwd` */
export async function checkDirectory(cwd: string): Promise<void> {
  try {
    if (!(await stat(cwd)).isDirectory()) throw new ProcessError('bad_cwd', `${cwd} is no directory`);
    await access(cwd, constants.X_OK);
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
  let refused: ProcessError | undefined;
  for (const candidate of candidates(name, cwd, path)) {
    const reason = await whyNot(candidate);
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

async function whyNot(file: string): Promise<string | undefined> {
  try {
    if (!(await stat(file)).isFile()) return 'is no file';
    await access(file, constants.X_OK);
  } catch (error) {
    return whatOf(error, { EACCES: 'may not be executed' });
  }
  return whyNotByHead(await head(file));
}

/** `execvp(3)` would pass a text without `#!` to a shell; here no shell runs unless it is named. */
async function whyNotByHead(bytes: Buffer | undefined): Promise<string | undefined> {
  if (!bytes || bytes.includes(0)) return undefined;
  const text = bytes.toString('latin1');
  if (!text.startsWith('#!')) return 'is a text without a #! line; name the shell that is to run it';
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(text)?.[1];
  if (interpreter === undefined) return 'has an empty #! line';
  const words = { EACCES: 'may not be executed' };
  const what = await access(interpreter, constants.X_OK).then(
    () => undefined,
    (error: unknown) => whatOf(error, words),
  );
  return what && `needs ${interpreter}, which ${what}`;
}

/**
 * The first bytes; undefined if the file may be executed but not read.
 * @throws ProcessError `cannot_fork` if descriptors ran out: an unchecked text might be passed to a shell.
 */
async function head(file: string): Promise<Buffer | undefined> {
  try {
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (!isShortage(error)) return undefined;
    throw new ProcessError('cannot_fork', `${file} cannot be looked at: ${wordsOf(error)}`, { cause: error });
  }
}
