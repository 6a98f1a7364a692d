import { SignalboxError } from '../../schemas/errors.ts';
import { exitCodeOfError } from '../exit-code.ts';
import type { Host } from '../host/host.ts';
import { printable } from '../host/printable.ts';
import type { Builtin } from '../plugin/builtin.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { SentJob } from '../plugin/sent.ts';
import { startTimer } from '../process/timer.ts';
import type { LeftoverAdvice } from '../shell/cancel-begun.ts';
import { readLines } from '../shell/parse/lines.ts';
import { runScript } from '../shell/script.ts';
import { Shell } from '../shell/shell.ts';
import type { OpenOutput } from './open-output.ts';
import type { Report } from './report.ts';
import type { ServerCommandOptions } from './server-options.ts';

/** The output and the report of a shell. */
export interface Shown {
  readonly open: OpenOutput;
  readonly report: Report;
}

type ShellCommandOptions = Pick<
  ServerCommandOptions,
  'timeout' | 'keepGoing' | 'exitCode' | 'echo' | 'command' | 'begin'
>;

interface RunOptions {
  /** `closed` resolves with the error if the service ended by itself, otherwise with undefined. */
  readonly service: JobService & { readonly closed: Promise<SignalboxError | undefined> };
  readonly options: ShellCommandOptions;
  readonly host: Host;
  /** The lines of a script; undefined for `-c` and at a prompt. */
  readonly input: AsyncIterable<Uint8Array> | undefined;
  /** Builtins of plug-ins. */
  readonly builtins: readonly Builtin[];
  /** Waits for clients before the first command. */
  readonly clientsReady: (halt: AbortSignal) => Promise<void>;
  /** Advice about jobs that a script could not end. */
  readonly advice: (jobs: readonly SentJob[]) => LeftoverAdvice;
  /** Whether a script ends without waiting for its jobs. */
  readonly detach?: boolean;
  /** Text about jobs that continue after a script; undefined for none. */
  readonly leftover?: (jobs: readonly SentJob[]) => string | undefined;
  /** Text printed when a prompt is left; undefined for none. */
  readonly farewell: (shell: Shell) => Promise<string | undefined>;
}

/** Runs the script or the prompt, and prints the summary. @returns the exit code */
export async function runShell({ open, report }: Shown, run: RunOptions): Promise<number> {
  const { service, options, host, input, builtins } = run;
  const { output, prompt, echo } = open;
  const atPrompt = prompt !== undefined;
  const deadline = new AbortController();
  using _ = options.timeout === undefined ? undefined : startTimer(options.timeout, () => deadline.abort(124));
  const endedByItself = new AbortController();
  void service.closed.then((error) => {
    if (!error) return;
    output.error(error);
    endedByItself.abort(exitCodeOfError(error.code));
  });
  const ended = AbortSignal.any([host.ending.signal, deadline.signal, endedByItself.signal]);
  using interrupt = prompt ? undefined : host.ending.takeInterrupt();
  const signal = interrupt ? AbortSignal.any([ended, interrupt.signal]) : ended;
  const shell = new Shell({
    service,
    output,
    events: report.events,
    builtins,
    atPrompt,
    keepGoing: options.keepGoing ?? false,
    handsThrough: options.exitCode === 'job',
    signal,
    ...(options.echo && echo && { onLine: (line) => void echo.write(`> ${printable(line)}\n`) }),
    ...(prompt && {
      confirm: (question) => prompt.confirm(question),
      choose: (question, choices) => prompt.choose(question, choices),
      mayExit: () => prompt.mayExit(),
    }),
    clientsReady: run.clientsReady,
  });
  try {
    if (interrupt) {
      const lines = readLines(input ?? options.command?.map((text) => `${text}\n`) ?? []);
      const source = input ? 'standard input' : '-c';
      const say = (line: string) => void host.stderr.write(`${line}\n`);
      await runScript(shell, lines, {
        source,
        interrupted: interrupt.signal,
        ended,
        say,
        advice: run.advice,
        detach: run.detach ?? false,
      });
      const left = shell.tally.unsettled;
      const leftover = run.leftover?.(left);
      if (leftover !== undefined && !interrupt.signal.aborted)
        output.say(leftover, { type: 'left', jobs: left.map(refOf) });
      interrupt[Symbol.dispose]();
    } else if (prompt) {
      await prompt.run(shell, signal, options.begin);
      const farewell = await run.farewell(shell);
      if (farewell !== undefined) output.note(farewell);
    }
    const cutShort = signal.aborted ? (signal.reason as number) : undefined;
    // Ending a prompt, for example with `docker stop`, is intended, so it is not a failure.
    const exitCode = atPrompt && cutShort === 143 ? 0 : (cutShort ?? shell.exitCode);
    report.ends();
    report.summary(shell.tally, exitCode);
    await host.endBound.during('output that nobody reads', output.flush());
    return exitCode;
  } catch (error) {
    const fault = SignalboxError.from(error, 'internal');
    const exitCode = exitCodeOfError(fault.code);
    // A failure to write standard output was already reported.
    if (host.ending.signal.reason !== 1) output.error(fault);
    report.summary(shell.tally, exitCode);
    return exitCode;
  } finally {
    report.ends();
  }
}

const refOf = ({ id, number, client, command }: SentJob) => ({ id, number, client, command });
