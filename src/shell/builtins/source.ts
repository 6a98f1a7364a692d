import { openInput } from '../../open-input.ts';
import type { Builtin } from '../../plugin/builtin.ts';
import { wordsOf } from '../../process/system-error.ts';
import { untilAborted } from '../../until-aborted.ts';
import { atMost, usageError } from '../parse/builtin-arguments.ts';
import { readLines } from '../parse/lines.ts';
import { pathOf } from '../path-of.ts';
import { ShellError } from '../shell-error.ts';

const maxDepth = 8;

export const sourceBuiltin: Builtin = {
  name: 'source',
  usage: 'source FILE',
  summary: 'Run the lines of a file up to the first failure. Job numbers in the file count its own commands.',
  example: 'source examples/tour.box',
  completes: ['file'],
  prepare(context, words) {
    const [file] = words;
    if (!file) throw usageError(sourceBuiltin, 'a file is missing');
    atMost(sourceBuiltin, words, 1);
    return async () => {
      const { signal } = context;
      if (context.depth >= maxDepth) {
        throw new ShellError('bad_usage', `source is nested more than ${maxDepth} files deep`, { at: file });
      }
      let source = file.text;
      try {
        source = pathOf(file.text, context.folder);
        const input = await untilAborted(openInput(source, signal), signal);
        if (input) await context.carryOut(source, readLines(input));
      } catch (error) {
        if (signal.aborted) return;
        throw new ShellError('bad_usage', `cannot read ${source}: ${wordsOf(error)}`, { at: file });
      }
    };
  },
};
