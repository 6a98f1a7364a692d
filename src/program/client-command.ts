import { join } from 'node:path';
import type { Client, ClientEvent, ClientOptions } from '../client/api.ts';
import { builtinImplementations } from '../client/builtin-implementations.ts';
// Do not import from index.ts, which would load the server too.
import { createClient } from '../client/client.ts';
import type { ExitCode } from '../exit-code.ts';
import { BoundedSink, droppedLines } from '../host/bounded-sink.ts';
import { printable } from '../host/printable.ts';
import type { LogOptions } from '../observe/log/log.ts';
import { visits } from '../observe/record-bounds.ts';
import type { ClientTraces } from '../observe/traces/client-traces.ts';
import type { Surroundings as TraceSurroundings, TracesOptions } from '../observe/traces/open-traces.ts';
import { stateFolder } from '../state-folder.ts';
import { Throttle } from '../throttle.ts';
import { defaultName } from './default-name.ts';
import { boundHeapGrowth } from './lean-memory.ts';
import type { GivenPlugins } from './plugins/given-plugins.ts';
import type { Surroundings } from './surroundings.ts';

/** The options of `signalbox client`, checked. */
export interface ClientCommandOptions extends LogOptions, TracesOptions {
  readonly connect: string;
  readonly name?: string;
  readonly credentials?: string;
  readonly allow?: readonly string[];
  readonly label?: Readonly<Record<string, string>>;
  readonly ready?: boolean;
  readonly state?: string;
  readonly forgetAfter: number;
  readonly insecure?: boolean;
  readonly health?: string;
  readonly quiet?: boolean;
  readonly untilStdinEnds?: boolean;
  readonly allowAll?: boolean;
  readonly plugins?: GivenPlugins;
}

/** `signalbox client`: runs until it is terminated from either side. */
export async function clientCommand(
  options: ClientCommandOptions,
  { host, logger, added }: Surroundings,
): Promise<ExitCode> {
  const name = options.name ?? defaultName(options.credentials);
  using log = logger && new (await import('../observe/log/client-log.ts')).ClientLog(logger.child({ client: name }));
  await using traces = await openTraces(name, { options, host, logger });
  const err = new BoundedSink(host.stderr, droppedLines('standard error'));
  const out = new BoundedSink(host.stdout, droppedLines('standard output'));
  const print = (text: string) => void err.write(`${printable(text)}\n`).catch(() => {});
  void host.stdout.broken.then(({ message: reason }) => {
    print(`${reason}; jobs continue, but their output here is lost`);
    logger?.warn({ client: name, reason }, 'output lost');
  });
  // A server can cause any number of lines.
  using lines = new Throttle<string>({
    ...visits,
    maxSources: 100,
    onLeftOut: ({ newest, count, isMixed }) =>
      print(isMixed ? `${count} more lines` : `${newest} (${count} times more)`),
  });
  // A server that spawns clients prefixes their lines.
  const who = options.allowAll ? '' : `${name}: `;
  let said = '';
  let isConnected = false;
  /** Undefined during creation. */
  let running: Client | undefined;
  const say = (text: string) => {
    // It retries every second or two, so equal lines are not repeated. A log on standard error already has the line.
    if (text === said || options.log === '-') return;
    said = text;
    if (lines.admits(text, text)) print(text);
  };
  const onEvent = (event: ClientEvent) => {
    if (event.type === 'connected') boundHeapGrowth();
    log?.event(event);
    traces?.event(event);
    if (event.type === 'began' || event.type === 'ended') return;
    if (event.type === 'connected' || event.type === 'disconnected') isConnected = event.type === 'connected';
    if (event.type === 'state' && event.state === 'terminating') host.endBound.start(0);
    if (event.type === 'left') {
      const what = [
        ...event.jobs.map((job) => `${job} did not end`),
        ...(event.unacked > 0
          ? [`${event.unacked} ${event.unacked === 1 ? 'outcome was' : 'outcomes were'} not acknowledged`]
          : []),
      ];
      say(`${name} leaves: ${what.join('; ')}`);
    } else if (event.type === 'forgotten') {
      const { outcomes } = event;
      say(`${name} forgot ${outcomes} ${outcomes === 1 ? 'outcome' : 'outcomes'} of other stores that no server took`);
    } else if (event.type === 'disconnected') {
      if (running?.state === 'terminating') return;
      if (!options.quiet || event.error.code !== 'cannot_connect') say(`${who}${event.error.message}; trying again`);
    } else if (options.quiet) return;
    else if (event.type === 'connected') say(`${name} is connected to ${event.server}`);
    else say(`${name} is ${event.state}`);
  };
  const commands = [...(await builtinImplementations()), ...(added?.implementations ?? [])];
  const allow = options.allowAll ? commands.map(({ contract }) => contract.name) : options.allow;
  await using client = await createClient({
    connect: options.connect,
    name,
    // Clients of --spawn exist only as long as their server.
    named: (options.name !== undefined || options.credentials !== undefined) && !options.allowAll,
    ...(options.credentials !== undefined && { credentials: options.credentials }),
    ...(allow && { allow }),
    commands,
    ...(options.label && { labels: options.label }),
    ready: options.ready ?? false,
    ...stateOf(options, host.env),
    forgetAfterMs: options.forgetAfter,
    insecure: options.insecure ?? false,
    print: (line) => void out.write(`${printable(line)}\n`).catch(() => {}),
    onEvent,
    jobEvents: log !== undefined || traces !== undefined,
    ...(traces && { trace: traces.trace }),
  });
  running = client;
  const health = () =>
    `${name} is ${client.state}, ${isConnected ? 'connected' : 'not connected'} to ${options.connect}`;
  await using _ =
    options.health === undefined ? undefined : await (await import('./health.ts')).answerHealth(options.health, health);
  const { signal } = host.ending;
  signal.addEventListener('abort', () => void client.close('ended by a signal'), { once: true });
  if (signal.aborted) void client.close('ended by a signal');
  if (options.untilStdinEnds) {
    host.stdin.resume();
    // 'close' follows.
    host.stdin.on('error', () => {});
    host.stdin.once('close', () => void client.close('ended with its server'));
    host.stdin.once('end', () => void client.close('ended with its server'));
  }
  await host.endBound.during('its jobs', client.closed);
  return 0;
}

/** Clients of --spawn never return, so their state is temporary. */
function stateOf(
  { allowAll, state }: ClientCommandOptions,
  env: NodeJS.ProcessEnv,
): Pick<ClientOptions, 'stateFolder' | 'temporaryStateIn'> {
  if (!allowAll) return state === undefined ? {} : { stateFolder: state };
  const folder = stateFolder(env);
  return folder === undefined ? {} : { temporaryStateIn: join(folder, 'spawn') };
}

async function openTraces(name: string, surroundings: TraceSurroundings): Promise<ClientTraces | undefined> {
  const { traces } = surroundings.options;
  if (traces === undefined) return undefined;
  const { ClientTraces } = await import('../observe/traces/client-traces.ts');
  return new ClientTraces(traces, name, surroundings);
}
