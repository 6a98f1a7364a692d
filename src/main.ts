#!/usr/bin/env node
import './program/debugger-off.ts';
import { setImmediate } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SignalboxError } from '../schemas/errors.ts';
import { exitCodeOfError } from './exit-code.ts';
import { DivertibleSink } from './host/divertible-sink.ts';
import { EndBound } from './host/end-bound.ts';
import { Ending } from './host/ending.ts';
import { Hangups } from './host/hangups.ts';
import { createSink, type Host, isReaderGone, shareOneFile } from './host/host.ts';
import { JobControl } from './host/job-control.ts';
import { logLevels, withLog } from './observe/log/log.ts';
import { type MetricsAddress, parseMetricsAddress } from './observe/metrics/address.ts';
import { parseTracesUrl } from './observe/traces/url.ts';
import { endProcess } from './program/end-process.ts';
import { checkSwitches, removeUnset } from './program/environment.ts';
import { clientHelp, keysHelp, serverHelp } from './program/help.ts';
import { durationForm, parseDuration } from './shell/parse/duration.ts';
import { version } from './version.ts';

/** Of standard input, output and error. Decided now: when SIGHUP comes, a terminal may have gone. */
const isTerminal = [isatty(0), isatty(1), isatty(2)] as const;
const ending = new Ending();
const terminalGone = (): void => ending.end(143);
const stdout = createSink(1);
// Two writers to one file (`> log 2>&1`, a terminal) could overtake each other.
const stderr = shareOneFile(1, 2) ? stdout : createSink(2);
/** What follows when standard output can no longer be written: what else was to be done has been done. */
let stdoutLost = (error: Error): void => {
  if (isReaderGone(error)) return;
  void stderr.write(`signalbox: ${error.message}\n`);
  exitCode ||= 1;
};
void stdout.broken.then((error) => (isTerminal[1] ? terminalGone() : stdoutLost(error)));
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
  // Whether nohup ignores it cannot be seen: Node resets that before it runs any code. The kernel and a shell each send one when a
  // terminal closes, so a second one asks for no hurry.
  if (isTerminal.includes(true)) terminalGone();
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

let exitCode: number = 0;
const duration = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError(`it must be ${durationForm}.`);
  return ms;
};
const count = (text: string): number => {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('it is a whole number from 0 to 9999.');
  return Number(text);
};
const metricsAddress = (text: string): MetricsAddress => {
  const address = parseMetricsAddress(text);
  if (!address) throw new InvalidArgumentError('it is :PORT on loopback, or HOST:PORT.');
  return address;
};
const tracesUrl = (text: string): string => {
  const url = parseTracesUrl(text);
  if (url === undefined) throw new InvalidArgumentError('it is http://HOST:PORT or https://…, without a password.');
  return url;
};
const option = (flags: string, text: string, env: string) => new Option(flags, text).env(`SIGNALBOX_${env}`);

const traces = () =>
  option(
    '--traces <url>',
    'export a span of each job to the OpenTelemetry collector there (OTLP over HTTP)',
    'TRACES',
  ).argParser(tracesUrl);
const log = () => option('--log <file>', 'append what happens, as JSON lines; - is standard error', 'LOG');
const logLevel = () => option('--log-level <level>', 'how much of it', 'LOG_LEVEL').choices(logLevels).default('info');

const program = new Command('signalbox')
  .description('Command long-running work on other machines from one prompt.')
  .version(version)
  .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) })
  .showHelpAfterError('(--help tells more)')
  .exitOverride()
  .hook('preSubcommand', (_, command) => removeUnset(command, process.env))
  .hook('preAction', (_, command) => checkSwitches(command, process.env));

program
  .command('server')
  .description('Listen for clients and command them: a prompt on a terminal, else the script on standard input.')
  .addOption(
    option('--bind <endpoint>', 'where to listen (default: tcp://127.0.0.1:5555; with --spawn a private ipc)', 'BIND'),
  )
  .addOption(
    option('--spawn <n>', 'start n clients on this machine, w1 to wN, and end them at the end', 'SPAWN').argParser(
      count,
    ),
  )
  .addOption(
    new Option(
      '-c, --command <commands>',
      'carry out these commands instead of standard input; several -c are lines of one script',
    ).argParser((text: string, before: readonly string[] = []) => [...before, text]),
  )
  .addOption(
    option('--output <format>', 'text for people, json for programs', 'OUTPUT')
      .choices(['text', 'json'])
      .default('text'),
  )
  .addOption(
    option(
      '--wait-clients <n>',
      'a script first waits for n clients (default: 1, or n of --spawn)',
      'WAIT_CLIENTS',
    ).argParser(count),
  )
  .addOption(
    option('--connect-timeout <d>', 'maximum time to wait for clients', 'CONNECT_TIMEOUT')
      .argParser(duration)
      .default(30_000, '30s'),
  )
  .addOption(
    option('--timeout <d>', 'end the whole program after this time, with exit code 124', 'TIMEOUT').argParser(duration),
  )
  .addOption(option('--echo', 'a script in text shows each line before it is carried out', 'ECHO'))
  .addOption(option('--keep-going', 'a script goes on after a failure', 'KEEP_GOING'))
  .addOption(
    option('--lost-after <d>', 'jobs of a client that stays away so long are lost', 'LOST_AFTER')
      .argParser(duration)
      .default(60_000, '60s'),
  )
  .addOption(option('--keys <folder>', 'let in only clients that were added there: signalbox keys --help', 'KEYS'))
  .addOption(option('--audit <file>', 'append who joined and what was sent to whom, as JSON lines', 'AUDIT'))
  .addOption(option('--insecure', 'allow an endpoint that other machines can reach, without keys', 'INSECURE'))
  .addOption(option('--health <socket>', 'answer signalbox health there: a path in a folder of mode 0700', 'HEALTH'))
  .addOption(
    option('--metrics <[host]:port>', 'serve /metrics to Prometheus there (:PORT is on loopback)', 'METRICS').argParser(
      metricsAddress,
    ),
  )
  .addOption(traces())
  .addOption(log())
  .addOption(logLevel())
  .addHelpText('after', serverHelp)
  .action(async (options) => {
    stdoutLost = (error) => {
      void stderr.write(`signalbox: ${error.message}\n`);
      ending.end(1);
    };
    const { serverCommand } = await import('./program/server-command.ts');
    try {
      exitCode = await withLog('server', options, host, (logger) => serverCommand(options, host, logger));
    } catch (error) {
      if (options.output === 'json') await (await import('./program/said-in-json.ts')).saidInJson(error, stdout);
      throw error;
    }
  });

program
  .command('client')
  .description('Connect to a server and run what it sends, until one of them ends it.')
  .addOption(option('--connect <endpoint>', 'where the server listens', 'CONNECT').default('tcp://127.0.0.1:5555'))
  .addOption(
    option(
      '--name <name>',
      'the name it is called by (default: of its credentials, else this host and process)',
      'NAME',
    ),
  )
  .addOption(option('--credentials <file>', 'what signalbox keys add has written for this client', 'CREDENTIALS'))
  .addOption(
    option(
      '--allow <commands>',
      'the data commands that it runs, as a,b (default: all but those that run code)',
      'ALLOW',
    ).argParser((text) => text.split(',').filter((name) => name !== '')),
  )
  .addOption(option('--ready', 'take work at once, without waiting for start', 'READY'))
  .addOption(option('--insecure', 'allow an endpoint that other machines can reach, without keys', 'INSECURE'))
  .addOption(option('--health <socket>', 'answer signalbox health there: a path in a folder of mode 0700', 'HEALTH'))
  .addOption(traces())
  .addOption(log())
  .addOption(logLevel())
  .addOption(option('--quiet', 'say only what goes wrong', 'QUIET'))
  .addOption(new Option('--until-stdin-ends', 'end when standard input ends'))
  .addHelpText('after', clientHelp)
  .action(async (options) => {
    // Its jobs go on, and it says itself what it can no longer print.
    stdoutLost = () => {};
    const { clientCommand } = await import('./program/client-command.ts');
    exitCode = await withLog('client', options, host, (logger) => clientCommand(options, host, logger));
  });

program
  .command('health')
  .description('Ask a server or client that runs with --health how it is: 0 when it answers, 1 when it does not.')
  .addOption(option('--at <socket>', 'where it answers', 'HEALTH').makeOptionMandatory())
  .action(async (options) => {
    const { healthCommand } = await import('./program/health-command.ts');
    exitCode = await healthCommand(options, host);
  });

const keys = program
  .command('keys')
  .hook('preSubcommand', (_, command) => removeUnset(command, process.env))
  .description('Keys: who may join a server that others can reach.')
  .addHelpText('after', keysHelp);
const folder = () => option('--keys <folder>', 'where the keys are kept', 'KEYS').default('keys');
const json = () => new Option('--json', 'answer in JSON, for programs');
keys
  .command('init')
  .description('Make the folder and the key pair of the server.')
  .addOption(folder())
  .addOption(json())
  .action(async (options) => (await import('./program/keys-command.ts')).initKeys(options, host));
keys
  .command('add')
  .argument('<name...>', "names of clients; 'm[1-20]' is m1 to m20")
  .description('Let clients join, and write their credentials: one file each, to hand to it and to nobody else.')
  .option('--replicas', 'they are good for NAME-<suffix> too, for clients that are started many times')
  .addOption(folder())
  .addOption(json())
  .action(async (names, options) => (await import('./program/keys-command.ts')).addKeys(names, options, host));
keys
  .command('list')
  .description('Say who may join.')
  .addOption(folder())
  .addOption(json())
  .action(async (options) => (await import('./program/keys-command.ts')).listKeys(options, host));
keys
  .command('revoke')
  .argument('<name...>', "names of clients; 'm[1-20]' is m1 to m20")
  .description('These clients may join no more; a session that one has ends within a second.')
  .addOption(folder())
  .addOption(json())
  .action(async (names, options) => (await import('./program/keys-command.ts')).revokeKeys(names, options, host));

try {
  await program.parseAsync();
} catch (error) {
  exitCode = failed(error);
}
await endBound.during('output that nobody reads', Promise.all([stdout.end(), stderr.end()]));
// A request of a thread counts as pending until the callback that led here has returned.
await setImmediate();
endNow(exitCode);

/** Whatever a terminal that has gone is asked, it throws or emits an error. */
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

function failed(error: unknown): number {
  // Commander has said what was wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const fault = SignalboxError.from(error, 'internal');
  void stderr.write(`signalbox: ${fault.message}\n`);
  return exitCodeOfError(fault.code);
}
