import { exitCodeOfError } from '../exit-code.ts';
import type { Host } from '../host/host.ts';
import { printable } from '../host/printable.ts';
import { type Server, SignalboxError } from '../index.ts';
import type { Builtin } from '../plugin/builtin.ts';
import type { SentJob } from '../plugin/sent.ts';
import { startTimer } from '../process/timer.ts';
import { readLines } from '../shell/parse/lines.ts';
import { runScript } from '../shell/script.ts';
import { Shell } from '../shell/shell.ts';
import { startTimeout } from '../timer.ts';
import { connectedCount, type Shown } from './build-server.ts';
import { leftoverAdvice } from './leftover-advice.ts';
import type { ServerCommandOptions } from './server-options.ts';
import { spawnedNames } from './spawned-clients.ts';

/** How long the first command that is typed waits for the clients of `--spawn`. */
const ownClientsMs = 10_000;

interface RunOptions {
  readonly options: ServerCommandOptions;
  readonly host: Host;
  /** The lines of a script; undefined for `-c` and at a prompt. */
  readonly input: AsyncIterable<Uint8Array> | undefined;
  /** Those of plug-ins. */
  readonly builtins: readonly Builtin[];
}

/** Carries out the script or the prompt, and says what it came to. @returns the exit code */
export async function runServer(
  { server, open, report }: Shown & { readonly server: Server },
  { options, host, input, builtins }: RunOptions,
): Promise<number> {
  const { output, prompt, echo } = open;
  const atPrompt = prompt !== undefined;
  const { spawn = 0, insecure = false } = options;
  const deadline = new AbortController();
  using _ = options.timeout === undefined ? undefined : startTimer(options.timeout, () => deadline.abort(124));
  const replaced = new AbortController();
  void server.closed.then((error) => {
    if (!error) return;
    output.error(error);
    replaced.abort(exitCodeOfError(error.code));
  });
  const ended = AbortSignal.any([host.ending.signal, deadline.signal, replaced.signal]);
  using interrupt = prompt ? undefined : host.ending.takeInterrupt();
  const signal = interrupt ? AbortSignal.any([ended, interrupt.signal]) : ended;
  const shell = new Shell({
    service: server,
    output,
    events: report.events,
    builtins,
    atPrompt,
    keepGoing: options.keepGoing ?? false,
    signal,
    ...(options.echo && echo && { onLine: (line) => void echo.write(`> ${printable(line)}\n`) }),
    ...(prompt && { confirm: (question) => prompt.confirm(question), mayExit: () => prompt.mayExit() }),
    clientsReady: (halt) => (atPrompt ? spawnedHere(server, spawn, halt) : clientsReady(server, options, halt)),
  });
  try {
    if (interrupt) {
      const lines = readLines(input ?? options.command?.map((text) => `${text}\n`) ?? []);
      const source = input ? 'standard input' : '-c';
      const say = (line: string) => void host.stderr.write(`${line}\n`);
      const isSpawned = (client: string) => spawnedNames(spawn).includes(client);
      const advice = (jobs: readonly SentJob[]) =>
        leftoverAdvice(jobs, { endpoint: server.endpoint, keys: options.keys, insecure, isSpawned });
      await runScript(shell, lines, { source, interrupted: interrupt.signal, ended, say, advice });
      interrupt[Symbol.dispose]();
    } else if (prompt) {
      await prompt.run(shell, signal, options.begin);
      const { length: running } = await server.list({ state: 'running' });
      const fate = spawn > 0 ? 'they end with' : 'they go on at';
      if (running > 0) output.note(`still running: ${running}; ${fate} their clients`);
    }
    const cutShort = signal.aborted ? (signal.reason as number) : undefined;
    // Nothing is cut short at a prompt: who ends the server there, by `docker stop` say, has what was asked for.
    const exitCode = atPrompt && cutShort === 143 ? 0 : (cutShort ?? shell.exitCode);
    report.ends();
    report.summary(shell.tally, exitCode);
    await host.endBound.during('output that nobody reads', output.flush());
    return exitCode;
  } catch (error) {
    const fault = SignalboxError.from(error, 'internal');
    const exitCode = exitCodeOfError(fault.code);
    // That nobody can be shown anything has been said.
    if (host.ending.signal.reason !== 1) output.error(fault);
    report.summary(shell.tally, exitCode);
    return exitCode;
  } finally {
    report.ends();
  }
}

/** At a prompt: the clients that it has just started, if they come. */
async function spawnedHere(server: Server, count: number, halt: AbortSignal): Promise<void> {
  const either = AbortSignal.any([halt, AbortSignal.timeout(ownClientsMs)]);
  await server.waitForClients(count, { signal: either }).catch(() => {});
}

/** @throws SignalboxError `timed_out` */
async function clientsReady(server: Server, options: ServerCommandOptions, halt: AbortSignal): Promise<void> {
  const { waitClients, spawn = 0, connectTimeout: timeoutMs } = options;
  const count = waitClients ?? Math.max(1, spawn);
  using timeUp = startTimeout(timeoutMs);
  await server.waitForClients(count, { signal: AbortSignal.any([halt, timeUp.signal]) }).catch(async () => {
    if (halt.aborted) return;
    const here = `${await connectedCount(server)} of ${count} clients`;
    throw new SignalboxError('timed_out', `${here} had connected to ${server.endpoint} after ${timeoutMs / 1000} s`);
  });
}
