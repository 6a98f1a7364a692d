import type { Readable } from 'node:stream';
import type { Sink } from '../../host/sink.ts';
import { untilAborted } from '../../until-aborted.ts';
import { promptSource } from '../output/output.ts';
import { readLines } from '../parse/lines.ts';
import type { Shell } from '../shell.ts';
import type { Prompt } from './prompt.ts';

/** A prompt for a terminal that cannot move its cursor (`TERM=dumb`): lines in, lines out. */
export function createPlainPrompt({ sink, input }: { sink: Sink; input: Readable }): Prompt {
  const lines = readLines(input);
  const ask = async (question: string, signal: AbortSignal): Promise<string | undefined> => {
    await sink.write(question);
    const next = await untilAborted(lines.next(), signal);
    return next?.done === false ? next.value : undefined;
  };
  let ended = new AbortController().signal;
  return {
    write: (text) => sink.write(text),
    confirm: async (question) => /^y(es)?$/i.test((await ask(`${question} (y/N) `, ended)) ?? ''),
    async run(shell: Shell, signal) {
      ended = signal;
      for (let line = 1; !shell.exited; line += 1) {
        const text = await ask('signalbox> ', signal);
        if (text === undefined) break;
        await shell.run({ source: promptSource, line, text }, signal);
      }
      await sink.write('\n');
    },
    async [Symbol.asyncDispose]() {},
  };
}
