import { createReadStream } from 'node:fs';
import { readLines } from '../lines.ts';
import { ShellError } from '../shell-error.ts';
import type { ShellWord } from '../word.ts';
import { atMost, wordError } from '../word-arguments.ts';

const maxDepth = 8;
let depth = 0;

export const sourceWord: ShellWord = {
  name: 'source',
  usage: 'source FILE',
  summary: 'Carry out the lines of a file.',
  example: 'source examples/tour.box',
  completes: ['file'],
  prepare(shell, words) {
    const [file] = words;
    if (!file) throw wordError(sourceWord, 'which file?');
    atMost(sourceWord, words, 1);
    return async (signal) => {
      if (depth >= maxDepth)
        throw new ShellError('bad_usage', `source goes deeper than ${maxDepth} files`, { at: file });
      depth += 1;
      try {
        let line = 0;
        for await (const text of readLines(createReadStream(file.text))) {
          line += 1;
          if (signal.aborted || shell.exited) break;
          await shell.run({ source: file.text, line, text }, signal);
        }
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new ShellError('bad_usage', `cannot read ${file.text}: ${why}`, { at: file });
      } finally {
        depth -= 1;
      }
    };
  },
};
