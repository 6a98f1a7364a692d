import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { SignalboxError } from '../../../index.ts';

const maxBytes = 1_048_576;

/** The files that checks may use: the files of one folder of the client. */
export class AllowedFiles {
  private readonly folder: string | undefined;

  private constructor(folder: string | undefined) {
    this.folder = folder;
  }

  /** @param folder undefined: none. @throws SignalboxError `bad_usage` if it is not a folder. */
  static async in(folder: string | undefined): Promise<AllowedFiles> {
    if (folder === undefined) return new AllowedFiles(undefined);
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory()) return new AllowedFiles(resolve(folder));
    throw new SignalboxError('bad_usage', `--check-files ${folder}: there is no such folder`);
  }

  /**
   * The content of a file by its name.
   * @throws SignalboxError `not_allowed` without a folder, for a path and for a link that leads out of it; `bad_arguments` for a file
   * that is not there or cannot be read. The error does not quote its content.
   */
  async read(option: string, name: string): Promise<string> {
    const { folder } = this;
    if (folder === undefined) {
      throw new SignalboxError(
        'not_allowed',
        `${option} ${name}: this client reads no files; start it with --check-files DIR`,
      );
    }
    if (/[/\\\0]/.test(name) || name === '.' || name === '..') {
      throw new SignalboxError('not_allowed', `${option} takes the name of a file, not a path`);
    }
    try {
      const home = await realpath(folder);
      const path = await realpath(join(home, name));
      if (!path.startsWith(home + sep)) {
        throw new SignalboxError('not_allowed', `${option} ${name} is a link that leaves the folder of --check-files`);
      }
      // Opening a FIFO would block until it has a writer.
      await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const facts = await file.stat();
      if (!facts.isFile()) throw new SignalboxError('bad_arguments', `${option} ${name} is not a file`);
      if (facts.size > maxBytes) throw new SignalboxError('bad_arguments', `${option} ${name} is over 1 MiB`);
      return await file.readFile('utf8');
    } catch (cause) {
      if (cause instanceof SignalboxError) throw cause;
      const code = cause instanceof Error && 'code' in cause ? cause.code : '';
      const why = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
      throw new SignalboxError('bad_arguments', `${option} ${name} ${why}`, { cause });
    }
  }
}
