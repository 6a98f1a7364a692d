#!/usr/bin/env node
import './program/debugger-off.ts';
import { setImmediate } from 'node:timers/promises';
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import { SignalboxError } from '../schemas/errors.ts';
import { exitCodeOfError } from './exit-code.ts';
import { DivertibleSink } from './host/divertible-sink.ts';
import { EndBound } from './host/end-bound.ts';
import { Ending } from './host/ending.ts';
import { Hangups } from './host/hangups.ts';
import { createSink, type Host, isReaderGone, shareOneFile } from './host/host.ts';
import { JobControl } from './host/job-control.ts';
import { withLog } from './observe/log/log.ts';
import type { AttachOptions } from './program/attach/attach-options.ts';
import { type Extension, runCli } from './program/cli.ts';
import type { ClientCommandOptions } from './program/client-command.ts';
import type { Handlers } from './program/command-tree.ts';
import { endProcess } from './program/end-process.ts';
import { keepHeapSmall } from './program/lean-memory.ts';
import type { ServerCommandOptions } from './program/server-options.ts';
import type { StorePlaceOptions } from './program/store/store-command.ts';
import type { Surroundings } from './program/surroundings.ts';

/** Whether standard input, output and error are terminals. Checked at start: at SIGHUP, a terminal may be gone. */
const isTerminal = [isatty(0), isatty(1), isatty(2)] as const;
let endsWithTerminal = isTerminal.includes(true);
const ending = new Ending();
const terminalGone = (): void => {
  if (endsWithTerminal) ending.end(143);
};
const stdout = createSink(1);
// Two writers to one file (`> log 2>&1`, a terminal) could overtake each other.
const stderr = shareOneFile(1, 2) ? stdout : createSink(2);
/** Called when standard output can no longer be written. By default, all other work is done by then. */
let stdoutLost = (error: Error): void => {
  if (isReaderGone(error)) return;
  void stderr.write(`signalbox: ${error.message}\n`);
  exitCode ||= 1;
};
void stdout.broken.then((error) => (isTerminal[1] && endsWithTerminal ? terminalGone() : stdoutLost(error)));
const jobControl = new JobControl();
const endNow = (code: number): void => {
  jobControl.restore();
  endProcess(code);
};
const endBound = new EndBound(stderr, endNow);
ending.signal.addEventListener('abort', () => endBound.start(ending.signal.reason as number));
process.on('SIGINT', () => {
  if (ending.signal.aborted) endNow(130);
  ending.interrupted();
});
process.on('SIGTERM', () => {
  if (ending.signal.aborted) endNow(143);
  ending.end(143);
});
const hangups = new Hangups();
process.on('SIGHUP', () => {
  // An ignored SIGHUP (nohup) cannot be detected: Node resets it before it runs any code. The kernel and a shell each send
  // one when a terminal closes, so a second one does not mean "end at once".
  if (endsWithTerminal) terminalGone();
  else hangups.tell();
});
const { stdin, screen } = openStreams();
const host: Host = {
  stdin,
  screen,
  stdout,
  stderr: new DivertibleSink(stderr),
  isTerminal: isTerminal[0] && isTerminal[1],
  errorsOnTerminal: isTerminal[2],
  self: [process.execPath, '--disable-sigusr1', process.argv[1] ?? ''],
  ending,
  hangups,
  jobControl,
  env: process.env,
  endBound,
};

let exitCode = 0;
try {
  exitCode = await runCli(process.argv.slice(2), {
    env: process.env,
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
    extend,
    subcommands: async (args) =>
      (await import('./program/plugins/given-subcommands.ts')).givenSubcommands(args, {
        ...{ env: process.env, folder: process.cwd(), signal: ending.signal },
      }),
    handlers: {
      server,
      client,
      attach,
      health: async (options) => (await import('./program/health-command.ts')).healthCommand(options, host),
      initKeys: async (options) => (await import('./program/keys-command.ts')).initKeys(options, host),
      addKeys: async (names, options) => (await import('./program/keys-command.ts')).addKeys(names, options, host),
      listKeys: async (options) => (await import('./program/keys-command.ts')).listKeys(options, host),
      revokeKeys: async (names, options) =>
        (await import('./program/keys-command.ts')).revokeKeys(names, options, host),
      initTls: async (folder, options) => (await import('./program/tls-command.ts')).initTls(folder, options, host),
      addServerTls: async (name, folder, options) =>
        (await import('./program/tls-command.ts')).addServerTls(name, folder, { options, host }),
      addOperatorTls: async (name, folder, options) =>
        (await import('./program/tls-command.ts')).addOperatorTls(name, folder, { options, host }),
      addOperator: (name, options) => withOperators(({ addOperator }) => addOperator(name, options, host)),
      listOperators: (options) => withOperators(({ listOperators }) => listOperators(options, host)),
      removeOperator: (name, options) => withOperators(({ removeOperator }) => removeOperator(name, options, host)),
      rotateOperator: (name, options) => withOperators(({ rotateOperator }) => rotateOperator(name, options, host)),
      addContext: async (name, address, options) =>
        (await import('./program/context-command.ts')).addContext(name, address, { options, host }),
      useContext: async (name) => (await import('./program/context-command.ts')).useContext(name, host),
      listContexts: async (options) => (await import('./program/context-command.ts')).listContexts(options, host),
      removeContext: async (name) => (await import('./program/context-command.ts')).removeContext(name, host),
      storeInfo: (options) => withStores(options, ({ storeInfo }, around) => storeInfo(options, around)),
      exportStore: (options) => withStores(options, ({ exportStore }, around) => exportStore(options, around)),
      vacuumStore: (options) => withStores(options, ({ vacuumStore }, around) => vacuumStore(options, around)),
      copyStore: (from, to, options) =>
        withStores(options, ({ copyStores }, surroundings) => copyStores(from, to, { options, surroundings })),
      checkWorkflows: async (files, options) => {
        const { checkWorkflows } = await import('./program/workflow-command.ts');
        return await withAdded('server', options, (added) => checkWorkflows(files, options, { host, added }));
      },
      ofPlugin,
      completion: async (shell) =>
        (await import('./program/completion/completion-command.ts')).printCompletion(shell, host),
      complete: async (line, wordBreaks) =>
        (await import('./program/completion/completion-command.ts')).answerCompletion(line, wordBreaks, {
          host,
          extend,
        }),
    },
  });
} catch (error) {
  const fault = SignalboxError.from(error, 'internal');
  void stderr.write(`signalbox: ${fault.message}\n`);
  exitCode = exitCodeOfError(fault.code);
}
await endBound.during('output that nobody reads', Promise.all([stdout.end(), stderr.end()]));
// A request of a libuv thread counts as pending until the callback that led here has returned.
await setImmediate();
endNow(exitCode);

async function attach(address: string | undefined, options: AttachOptions): Promise<number> {
  stdoutLost = (error) => {
    void stderr.write(`signalbox: ${error.message}\n`);
    ending.end(1);
  };
  try {
    const { attachCommand } = await import('./program/attach/attach-command.ts');
    return await withAdded('attach', options, (added) => attachCommand(address, options, { host, added }));
  } catch (error) {
    if (options.output === 'json') await (await import('./program/said-in-json.ts')).saidInJson(error, stdout);
    throw error;
  }
}

async function server(given: ServerCommandOptions): Promise<number> {
  // A service logs its events. It depends neither on the terminal that it was started from nor on a reader.
  const options = given.headless ? { ...given, log: given.log ?? '-' } : given;
  if (options.headless) endsWithTerminal = false;
  stdoutLost = (error) => {
    if (options.headless) return;
    void stderr.write(`signalbox: ${error.message}\n`);
    ending.end(1);
  };
  const { serverCommand } = await import('./program/server-command.ts');
  try {
    return await withAdded('server', options, (added) =>
      withLog('server', options, host, (logger) => serverCommand(options, { host, logger, added })),
    );
  } catch (error) {
    if (options.output === 'json') await (await import('./program/said-in-json.ts')).saidInJson(error, stdout);
    throw error;
  }
}

async function extend(command: Command, args: readonly string[], switchedOff: readonly string[]): Promise<Extension> {
  const extending = await import('./program/plugins/extend.ts');
  const { signal } = ending;
  return await extending.extend(command, args, { env: process.env, folder: process.cwd(), switchedOff, signal });
}

async function withOperators(
  run: (commands: typeof import('./program/operators-command.ts')) => Promise<number>,
): Promise<number> {
  return await run(await import('./program/operators-command.ts'));
}

/** Runs a subcommand of `store` with the stores that its plug-ins add. */
async function withStores(
  options: StorePlaceOptions,
  run: (commands: typeof import('./program/store/store-command.ts'), surroundings: Surroundings) => Promise<number>,
): Promise<number> {
  const commands = await import('./program/store/store-command.ts');
  return await withAdded('server', options, (added) => run(commands, { host, logger: undefined, added }));
}

async function client(options: ClientCommandOptions): Promise<number> {
  // Its jobs continue, and the client itself reports that output is lost.
  stdoutLost = () => {};
  keepHeapSmall();
  const { clientCommand } = await import('./program/client-command.ts');
  return await withAdded('client', options, (added) =>
    withLog('client', options, host, (logger) => clientCommand(options, { host, logger, added })),
  );
}

async function ofPlugin(...[subcommand, group, given]: Parameters<Handlers['ofPlugin']>): Promise<number> {
  const { isService, name } = subcommand;
  const values = isService ? { ...given, log: given.log ?? '-' } : given;
  stdoutLost = () => {};
  const { runSubcommand } = await import('./program/subcommands/run.ts');
  return await withLog(`${group} ${name}`, values, host, (logger) =>
    runSubcommand(subcommand, group, { values, host, logger }),
  );
}

/** Runs a subcommand with the additions of its plug-ins. */
async function withAdded(
  side: 'server' | 'client' | 'attach',
  { plugins, allowAll: isSpawned }: Pick<StorePlaceOptions, 'plugins'> & Pick<ClientCommandOptions, 'allowAll'>,
  run: (added: Surroundings['added']) => Promise<number>,
): Promise<number> {
  if (!plugins) return await run(undefined);
  const { withPlugins } = await import('./program/plugins/with-plugins.ts');
  return await withPlugins(plugins, { side, isSpawned, host }, run);
}

/** Every access to a terminal that is gone throws or emits an error. */
function openStreams() {
  try {
    const { stdin, stdout: screen } = process;
    if (isTerminal[0]) stdin.on('error', terminalGone);
    if (isTerminal[1]) screen.on('error', terminalGone);
    return { stdin, screen };
  } catch {
    return endProcess(143);
  }
}
