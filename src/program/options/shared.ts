import { Option } from 'commander';
import { logLevels } from '../../observe/log/log.ts';
import { callerName, duration, metricsAddress, repeated, storeAddress, tracesUrl } from './values.ts';

/** An option that a variable can set, too. */
export const option = (flags: string, text: string, env: string) => new Option(flags, text).env(`SIGNALBOX_${env}`);

/** @param of the subject of spans. */
export const traces = (of = 'each job') =>
  option(
    '--traces <url>',
    `export a span of ${of} to this OpenTelemetry collector (OTLP over HTTP)`,
    'TRACES',
  ).argParser(tracesUrl);
export const log = () => option('--log <file>', 'append log records as JSON lines; - is standard error', 'LOG');
export const logLevel = () =>
  option('--log-level <level>', 'lowest level that is logged', 'LOG_LEVEL').choices(logLevels).default('info');
export const insecure = () =>
  option('--insecure', 'allow an endpoint that other machines can reach, without keys', 'INSECURE');
export const health = () =>
  option('--health <socket>', 'socket that answers signalbox health: a path in a folder of mode 0700', 'HEALTH');

export const plugin = () =>
  option(
    '--plugin <module>',
    'load a plug-in: ./FILE or a package; may be repeated (variable: a,b)',
    'PLUGINS',
  ).argParser(repeated);

export const config = () =>
  option('--config <file>', 'read options and plug-ins that are not given otherwise from this YAML file', 'CONFIG');
export const metrics = () =>
  option(
    '--metrics <[host]:port>',
    'serve /metrics for Prometheus at this address (:PORT is on loopback)',
    'METRICS',
  ).argParser(metricsAddress);

export const store = () =>
  option(
    '--store <address>',
    'store of jobs: memory, sqlite[:PATH] or postgres://… (default: a file for this endpoint; see docs/store.md)',
    'STORE',
  ).argParser(storeAddress);

export const command = () =>
  new Option(
    '-c, --command <line>',
    'run these commands instead of standard input; several -c are lines of one script',
  ).argParser(repeated);
export const output = () =>
  option('--output <format>', 'text for people, json for programs', 'OUTPUT').choices(['text', 'json']).default('text');
export const timeout = () =>
  option('--timeout <d>', 'end the whole program after this time, with exit code 124', 'TIMEOUT').argParser(duration);
export const echo = () => option('--echo', 'print each line of a script before it runs; text output only', 'ECHO');
export const begin = () => option('--begin <line>', "first line of a prompt, such as 'use online'", 'BEGIN');
export const keepGoing = () => option('--keep-going', 'continue a script after a failure', 'KEEP_GOING');
export const exitCode = () =>
  option('--exit-code <of>', 'job: if only programs failed, the largest of their exit codes', 'EXIT_CODE')
    .choices(['script', 'job'])
    .default('script');

export const as = () =>
  option('--as <name>', 'name that others see, as local:NAME (default: name of this user)', 'AS').argParser(callerName);
export const socketDirs = () =>
  option(
    '--socket-dir <folder>',
    'folder of server sockets (default: $XDG_RUNTIME_DIR/signalbox, /run/signalbox and /tmp/signalbox-UID)',
    'SOCKET_DIR',
  );
