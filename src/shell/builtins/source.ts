import { statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { openInput } from '../../open-input.ts';
import { wordsOf } from '../../process/system-error.ts';
import { untilAborted } from '../../until-aborted.ts';
import type { Builtin } from '../builtin.ts';
import { readLines } from '../parse/lines.ts';
import { atMost, wordError } from '../parse/word-arguments.ts';
import { ShellError } from '../shell-error.ts';

const maxDepth = 8;

export const sourceWord: Builtin = {
  name: 'source',
  usage: 'source FILE',
  summary: 'Carry out the lines of a file, up to the first failure. Numbers of jobs in it count its own commands.',
  example: 'source examples/tour.box',
  completes: ['file'],
  prepare(shell, words) {
    const [file] = words;
    if (!file) throw wordError(sourceWord, 'which file?');
    atMost(sourceWord, words, 1);
    return async (signal) => {
      if (shell.depth >= maxDepth) {
        throw new ShellError('bad_usage', `source goes deeper than ${maxDepth} files`, { at: file });
      }
      let source = file.text;
      try {
        source = pathOf(file.text, shell.folder);
        const input = await untilAborted(openInput(source, signal), signal);
        if (!input) return;
        await shell.within(dirname(source), async (failed) => {
          let line = 0;
          for await (const text of readLines(input)) {
            line += 1;
            if (failed.aborted) shell.stopped(`${source} ends before line ${line}`);
            if (failed.aborted || signal.aborted) break;
            await shell.run({ source, line, text }, signal);
            // Not only at the next line: a pipe may have none.
            if (shell.exited) break;
          }
        });
      } catch (error) {
        if (signal.aborted) return;
        throw new ShellError('bad_usage', `cannot read ${source}: ${wordsOf(error)}`, { at: file });
      }
    };
  },
};

/**
 * A relative path in a file is one beside it, where there is such a file; else it is one from the working directory.
 * @throws Error where it cannot be found out whether there is one.
 */
function pathOf(path: string, folder: string | undefined): string {
  if (folder === undefined || isAbsolute(path)) return path;
  const beside = join(folder, path);
  return statSync(beside, { throwIfNoEntry: false }) ? beside : path;
}
