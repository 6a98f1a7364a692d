import { BoundedSink, droppedLines } from '../host/bounded-sink.ts';
import { columnsOf, type Host } from '../host/host.ts';
import type { Sink } from '../host/sink.ts';
import type { JobService } from '../plugin/job-service.ts';
import { GatheringOutput } from '../shell/output/gathering.ts';
import { JsonOutput } from '../shell/output/json.ts';
import type { Output } from '../shell/output/output.ts';
import { TextOutput } from '../shell/output/text.ts';
import { historyPath } from '../shell/prompt/history.ts';
import { createPlainPrompt } from '../shell/prompt/plain-prompt.ts';
import type { Prompt } from '../shell/prompt/prompt-options.ts';
import { PromptOutput, promptEnd } from '../shell/prompt/prompt-output.ts';
import { createStyle, type Style } from '../shell/prompt/style.ts';
import { isAtPrompt, type ServerCommandOptions } from './server-options.ts';

type OutputOptions = Pick<ServerCommandOptions, 'headless' | 'command' | 'output' | 'insecure' | 'spawn'> & {
  /** Whether the server is another process. */
  readonly isAttached?: boolean;
  /** Whether JSON output has a line for every event. */
  readonly events?: boolean;
};

type FullPrompt = typeof import('../shell/prompt/prompt.ts');

/** The output of a server, and its prompt. */
export interface OpenOutput extends AsyncDisposable {
  readonly output: Output;
  /** Undefined for a script. */
  readonly prompt: Prompt | undefined;
  /** Where a text script echoes its lines; undefined otherwise. */
  readonly echo: Sink | undefined;
  readonly style: Style;
}

/** Loads the prompt for a terminal with a cursor; a script starts faster without it. */
export async function loadPrompt(options: OutputOptions, host: Host): Promise<FullPrompt | undefined> {
  return isAtPrompt(options, host) && !isDumb(host) ? await import('../shell/prompt/prompt.ts') : undefined;
}

/** Does not await, so that the caller can read events from the turn in which the server was created. */
export function openOutput(
  { commands }: Pick<JobService, 'commands'>,
  { options, host, fullPrompt }: { options: OutputOptions; host: Host; fullPrompt: FullPrompt | undefined },
): OpenOutput {
  const opened = new AsyncDisposableStack();
  const atPrompt = isAtPrompt(options, host);
  const style = createStyle(atPrompt && !host.env.NO_COLOR && !isDumb(host));
  const { insecure = false, spawn = 0, isAttached = false, events: log = false } = options;
  const screen = { sink: host.stdout, input: host.stdin, screen: host.screen, historyPath: historyPath(host.env) };
  const full =
    fullPrompt &&
    opened.use(
      fullPrompt.createPrompt({
        ...screen,
        jobControl: host.jobControl,
        style,
        insecure,
        spawns: spawn > 0,
        isAttached,
      }),
    );
  const prompt = full ?? (atPrompt ? opened.use(createPlainPrompt({ ...screen, spawns: spawn > 0 })) : undefined);
  if (prompt && host.errorsOnTerminal) opened.use(host.stderr.divertTo(prompt));
  const out = prompt ?? host.stdout;
  const err = prompt ?? new BoundedSink(host.stderr, droppedLines('standard error'));
  const text = new TextOutput({
    ...{ out, err, commands, atPrompt, columns: () => columnsOf(host) },
    ...(prompt && { endLine: promptEnd(style) }),
  });
  const inText = prompt ? new PromptOutput({ inner: text, out: prompt, style }) : text;
  const output = options.output === 'json' ? new JsonOutput(out, { log }) : new GatheringOutput(inText, out);
  return {
    output,
    prompt,
    echo: options.output !== 'json' && !prompt ? out : undefined,
    style,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const isDumb = ({ env }: Host): boolean => env.TERM === 'dumb';
