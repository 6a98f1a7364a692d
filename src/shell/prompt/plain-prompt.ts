import type { Readable } from 'node:stream';
import type { Sink } from '../../host/sink.ts';
import { untilAborted } from '../../until-aborted.ts';
import { promptSource } from '../output/output.ts';
import { readLines } from '../parse/lines.ts';
import type { Shell } from '../shell.ts';
import type { Prompt } from './prompt-options.ts';

/** A prompt for a terminal that cannot move its cursor (`TERM=dumb`): lines in, lines out. */
export function createPlainPrompt(options: {
  sink: Sink;
  input: Readable;
  /** Whether the clients end with the server, and their jobs with them. */
  spawns: boolean;
}): Prompt {
  const { sink, input, spawns } = options;
  const lines = readLines(input);
  const ask = async (question: string, signal: AbortSignal): Promise<string | undefined> => {
    await sink.write(question);
    const next = await untilAborted(lines.next(), signal);
    return next?.done === false ? next.value : undefined;
  };
  let ended = new AbortController().signal;
  let service: Shell['service'] | undefined;
  const confirm = async (question: string): Promise<boolean> =>
    /^y(es)?$/i.test((await ask(`${question} (y/N) `, ended)) ?? '');
  return {
    write: (text) => sink.write(text),
    confirm,
    async choose(question, choices) {
      const list = choices.map((choice, at) => `  ${at + 1}: ${choice}\n`).join('');
      const answer = Number(await ask(`${question}\n${list}1 to ${choices.length}, or nothing: `, ended));
      return choices[answer - 1] === undefined ? undefined : answer - 1;
    },
    async mayExit() {
      if (!spawns || !service) return true;
      // A user who may not list jobs may leave.
      const { length } = await service.list({ state: 'running' }).catch(() => []);
      if (length === 0) return true;
      const subject = length === 1 ? 'A job is running and ends' : `${length} jobs are running and end`;
      return await confirm(`${subject} with the prompt. Leave?`);
    },
    async run(shell: Shell, signal, first) {
      ended = signal;
      service = shell.service;
      if (first !== undefined) await shell.run({ source: promptSource, line: 1, text: first }, signal);
      for (let line = first === undefined ? 1 : 2; !shell.exited; line += 1) {
        const text = await ask('signalbox> ', signal);
        if (text === undefined) break;
        await shell.run({ source: promptSource, line, text }, signal);
      }
      await sink.write('\n');
    },
    async [Symbol.asyncDispose]() {},
  };
}
