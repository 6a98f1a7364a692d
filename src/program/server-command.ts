import type { Logger } from 'pino';
import { exitCodeOfError } from '../exit-code.ts';
import { BoundedSink, droppedLines } from '../host/bounded-sink.ts';
import { columnsOf, type Host } from '../host/host.ts';
import { printable } from '../host/printable.ts';
import { builtinContracts, createServer, type JobHandle, SignalboxError } from '../index.ts';
import type { LogOptions } from '../observe/log/log.ts';
import type { MetricsAddress } from '../observe/metrics/address.ts';
import { openOnlookers } from '../observe/open-observers.ts';
import type { TracesOptions } from '../observe/traces/open-traces.ts';
import { startTimer } from '../process/timer.ts';
import { JsonOutput } from '../shell/output/json.ts';
import type { Output } from '../shell/output/output.ts';
import { TextOutput } from '../shell/output/text.ts';
import { readLines } from '../shell/parse/lines.ts';
import { historyPath } from '../shell/prompt/history.ts';
import { createPlainPrompt } from '../shell/prompt/plain-prompt.ts';
import { PromptOutput, promptEnd } from '../shell/prompt/prompt-output.ts';
import { createStyle } from '../shell/prompt/style.ts';
import { welcome } from '../shell/prompt/welcome.ts';
import { runScript } from '../shell/script.ts';
import { Shell } from '../shell/shell.ts';
import { startTimeout } from '../timer.ts';
import { answerHealth } from './health.ts';
import { leftoverAdvice } from './leftover-advice.ts';
import { createPrivateEndpoint } from './private-endpoint.ts';
import { scriptInput } from './script-input.ts';
import { spawnClients, spawnedNames } from './spawned-clients.ts';

/** How long the first command that is typed waits for the clients of `--spawn`. */
const ownClientsMs = 10_000;

export const defaultEndpoint = 'tcp://127.0.0.1:5555';

/** The options of `signalbox server`, checked. Times in ms. */
export interface ServerCommandOptions extends LogOptions, TracesOptions {
  readonly bind?: string;
  readonly spawn?: number;
  readonly command?: readonly string[];
  readonly output: 'text' | 'json';
  readonly waitClients?: number;
  readonly connectTimeout: number;
  readonly timeout?: number;
  readonly echo?: boolean;
  readonly keepGoing?: boolean;
  readonly lostAfter: number;
  readonly keys?: string;
  readonly audit?: string;
  readonly insecure?: boolean;
  readonly health?: string;
  readonly metrics?: MetricsAddress;
}

/** `signalbox server`: listens, starts its clients, carries out the script or the prompt, ends everything in order. */
export async function serverCommand(options: ServerCommandOptions, host: Host, logger?: Logger): Promise<number> {
  const spawn = options.spawn ?? 0;
  if (spawn > 0 && options.keys !== undefined) {
    const text = '--spawn and --keys exclude each other: a spawned client has no credentials';
    throw new SignalboxError('bad_usage', text);
  }
  const atPrompt = host.isTerminal && options.command === undefined && options.output === 'text';
  if (atPrompt && options.log === '-' && host.errorsOnTerminal) {
    throw new SignalboxError('bad_usage', 'the screen belongs to the prompt; give --log a file');
  }
  const input = atPrompt || options.command !== undefined ? undefined : scriptInput(host.stdin);
  const isDumb = host.env.TERM === 'dumb';
  // A script starts sooner without it.
  const full = atPrompt && !isDumb ? await import('../shell/prompt/prompt.ts') : undefined;
  await using cleanup = new AsyncDisposableStack();
  const onlookers = cleanup.use(await openOnlookers(options, host, logger));
  if (options.insecure) void host.stderr.write('warning: --insecure: whoever reaches this endpoint can join\n');
  const own = spawn > 0 ? cleanup.use(await createPrivateEndpoint()) : undefined;
  const server = cleanup.use(
    await createServer({
      bind: options.bind ?? own?.endpoint ?? defaultEndpoint,
      ...(own && options.bind !== undefined && { privateBind: own.endpoint }),
      commands: await builtinContracts(),
      lostAfterMs: options.lostAfter,
      insecure: options.insecure ?? false,
      ...(options.keys !== undefined && { keys: options.keys }),
      ...(onlookers.audit && { audit: onlookers.audit }),
      ...(onlookers.trace && { trace: onlookers.trace }),
    }),
  );
  // From here to where the output subscribes nothing is awaited: an outcome that nobody is told of counts as written.
  onlookers.watch(server);
  const style = createStyle(atPrompt && !host.env.NO_COLOR && !isDumb);
  const { insecure = false } = options;
  const screen = { sink: host.stdout, input: host.stdin, screen: host.screen, historyPath: historyPath(host.env) };
  const fullPrompt =
    full &&
    cleanup.use(full.createPrompt({ ...screen, jobControl: host.jobControl, style, insecure, spawns: spawn > 0 }));
  const prompt = fullPrompt ?? (atPrompt ? cleanup.use(createPlainPrompt(screen)) : undefined);
  if (prompt && host.errorsOnTerminal) cleanup.use(host.stderr.divertTo(prompt));
  const out = prompt ?? host.stdout;
  const { bootId, commands } = server;
  const err = prompt ?? new BoundedSink(host.stderr, droppedLines('standard error'));
  const text = new TextOutput({
    ...{ out, err, bootId, commands, atPrompt, columns: () => columnsOf(host) },
    ...(prompt && { endLine: promptEnd(style, bootId) }),
  });
  const output: Output =
    options.output === 'json'
      ? new JsonOutput(out)
      : prompt
        ? new PromptOutput({ inner: text, out: prompt, bootId, style })
        : text;
  let isEnding = false;
  server.subscribe((event) => {
    if (!isEnding) return output.event(event);
    // Nobody is shown this any more. Clients that live on keep it for the next server; our own end with this one.
    const isOfOurs = 'client' in event && spawnedNames(spawn).includes(event.client ?? '');
    return isOfOurs ? undefined : Promise.reject(new SignalboxError('closed', 'the server is ending'));
  });

  const health = () => {
    const clients = server.clients().filter(({ state }) => state !== 'offline').length;
    return `listening on ${server.endpoint}, clients connected: ${clients}`;
  };
  if (options.health !== undefined) cleanup.use(await answerHealth(options.health, health));
  // Before anybody comes.
  const joining = { spawns: spawn > 0, hasKeys: options.keys !== undefined };
  // A terminal that has gone already ends the program in order, below.
  if (prompt) await prompt.write(`${welcome(server, style, joining)}\n`).catch(() => {});
  if (own) {
    // Over an endpoint of our own nobody else can be the server: they run all there is.
    const allow = [...server.commands.values()].filter(({ kind }) => kind === 'data').map(({ name }) => name);
    cleanup.use(spawnClients(spawn, { ...host, endpoint: own.endpoint, allow, traces: options.traces }));
  }

  const deadline = new AbortController();
  const timer = options.timeout === undefined ? undefined : startTimer(options.timeout, () => deadline.abort(124));
  const ended = AbortSignal.any([host.ending.signal, deadline.signal]);
  const interrupt = prompt ? undefined : cleanup.use(host.ending.takeInterrupt());
  const signal = interrupt ? AbortSignal.any([ended, interrupt.signal]) : ended;
  const shell = new Shell({
    server,
    output,
    atPrompt,
    keepGoing: options.keepGoing ?? false,
    signal,
    ...(options.echo && output === text && { onLine: (line) => void out.write(`> ${printable(line)}\n`) }),
    ...(prompt && { confirm: (question) => prompt.confirm(question) }),
    clientsReady: (halt) =>
      atPrompt
        ? ownClientsHere(halt)
        : clientsReady(options.waitClients ?? Math.max(1, spawn), options.connectTimeout, halt),
  });

  /** At a prompt: those that it has just started, if they come. */
  async function ownClientsHere(halt: AbortSignal): Promise<void> {
    const either = AbortSignal.any([halt, AbortSignal.timeout(ownClientsMs)]);
    await server.waitForClients(spawn, { signal: either }).catch(() => {});
  }

  async function clientsReady(count: number, timeoutMs: number, halt: AbortSignal): Promise<void> {
    using timeUp = startTimeout(timeoutMs);
    await server.waitForClients(count, { signal: AbortSignal.any([halt, timeUp.signal]) }).catch(() => {
      if (halt.aborted) return;
      const here = `${server.clients().filter(({ state }) => state !== 'offline').length} of ${count} clients`;
      throw new SignalboxError('timed_out', `${here} had connected to ${server.endpoint} after ${timeoutMs / 1000} s`);
    });
  }

  const advice = (jobs: readonly JobHandle[]) =>
    leftoverAdvice(jobs, {
      endpoint: server.endpoint,
      keys: options.keys,
      insecure,
      isSpawned: (client) => spawnedNames(spawn).includes(client),
    });

  let isEndingSaid = false;
  /** Once: what goes wrong may be that it cannot be said. */
  function sayEnding(exitCode: number): void {
    if (!isEndingSaid) output.summary(shell.tally, exitCode);
    isEndingSaid = true;
  }

  try {
    if (interrupt) {
      const lines = readLines(input ?? options.command?.map((text) => `${text}\n`) ?? []);
      const source = input ? 'standard input' : '-c';
      const say = (line: string) => void host.stderr.write(`${line}\n`);
      await runScript(shell, lines, { source, interrupted: interrupt.signal, ended, say, advice });
      interrupt[Symbol.dispose]();
    } else if (prompt) {
      await prompt.run(shell, signal);
      const running = server.jobs().filter(({ state, kind }) => state === 'accepted' && kind === 'data').length;
      const fate = spawn > 0 ? 'they end with' : 'they go on at';
      if (running > 0) output.note(`still running: ${running}; ${fate} their clients`);
    }
    const cutShort = signal.aborted ? (signal.reason as number) : undefined;
    // Nothing is cut short at a prompt: who ends the server there, by `docker stop` say, has what was asked for.
    const exitCode = atPrompt && cutShort === 143 ? 0 : (cutShort ?? shell.exitCode);
    isEnding = true;
    sayEnding(exitCode);
    await host.endBound.during('output that nobody reads', output.flush());
    return exitCode;
  } catch (error) {
    const fault = SignalboxError.from(error, 'internal');
    const exitCode = exitCodeOfError(fault.code);
    // That nobody can be shown anything has been said.
    if (host.ending.signal.reason !== 1) output.error(fault);
    sayEnding(exitCode);
    return exitCode;
  } finally {
    isEnding = true;
    timer?.[Symbol.dispose]();
  }
}
