import { InvalidArgumentError, Option } from 'commander';
import { areLabels } from '../../schemas/name-forms.ts';
import { callerForm, isCallerName } from '../api/caller.ts';
import { logLevels } from '../observe/log/log.ts';
import { type MetricsAddress, parseMetricsAddress } from '../observe/metrics/address.ts';
import { parseTracesUrl } from '../observe/traces/url.ts';
import { type HostPort, parseHostPort } from '../plugins/presence/model/host-port.ts';
import { durationForm, parseDuration } from '../shell/parse/duration.ts';
import { parseSize, sizeForm } from '../shell/parse/size.ts';
import { createGroups } from '../target-groups.ts';
import { addressForm, parseStoreAddress } from './store/store-address.ts';

const duration = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError(`it must be ${durationForm}.`);
  return ms;
};
const size = (text: string): number => {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError(`it must be ${sizeForm}.`);
  return bytes;
};
const storeAddress = (text: string): string => {
  if (!parseStoreAddress(text)) throw new InvalidArgumentError(`it must be ${addressForm}.`);
  return text;
};
const count = (text: string): number => {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('it must be a whole number from 0 to 9999.');
  return Number(text);
};
const days = (text: string): number => {
  if (!/^\d{1,4}$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('it must be a whole number from 1 to 9999.');
  return Number(text);
};
const metricsAddress = (text: string): MetricsAddress => {
  const address = parseMetricsAddress(text);
  if (!address) throw new InvalidArgumentError('it must be :PORT for loopback, or HOST:PORT.');
  return address;
};
const hostPort = (text: string): HostPort => {
  try {
    return parseHostPort(text);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
};
const httpsAddress = (text: string): HostPort => {
  if (/^http:/i.test(text)) {
    throw new InvalidArgumentError('without TLS the API uses only Unix sockets; use https://HOST:PORT.');
  }
  try {
    const [, address = ''] = /^https:\/\/([^/]+)\/?$/i.exec(text) ?? [];
    return parseHostPort(address);
  } catch {
    throw new InvalidArgumentError('it must be https://HOST:PORT, such as https://0.0.0.0:8443.');
  }
};
const tracesUrl = (text: string): string => {
  const url = parseTracesUrl(text);
  if (url === undefined)
    throw new InvalidArgumentError('it must be http://HOST:PORT or https://…, without a password.');
  return url;
};
/** HTTP/2 drops a header with a control character, so the call would have another sender. */
const callerName = (text: string): string => {
  if (!isCallerName(text)) throw new InvalidArgumentError(`it must be a name: ${callerForm}.`);
  return text;
};
/** In ms since the epoch. */
const expiry = (text: string): number => {
  const ms = parseDuration(text);
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const atMs = ms === undefined ? Date.parse(isTime ? text : '') : Date.now() + ms;
  if (Number.isNaN(atMs)) throw new InvalidArgumentError(`it must be ${durationForm}, or a time such as 2031-01-31.`);
  if (ms === 0 || atMs <= Date.now()) throw new InvalidArgumentError('that time is in the past.');
  return atMs;
};
/** Comma-separated names. */
export const names = (text: string): string[] => text.split(',').filter((name) => name !== '');
/** Comma-separated `NAME=VALUE`. */
const labels = (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const given = names(text).map((one) => /^([^=]+)=(.*)$/.exec(one)?.slice(1) ?? []);
  const all = { ...before, ...Object.fromEntries(given) };
  if (given.some(({ length }) => length === 0) || !areLabels(all)) {
    throw new InvalidArgumentError('it must be NAME=VALUE, such as env=prod; a value is [A-Za-z0-9][A-Za-z0-9._:/-]*.');
  }
  return all;
};
/** Semicolon-separated `NAME=TARGET`. */
const groups = (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const given = text.split(';').map((one) => /^([^=]+)=(.+)$/.exec(one.trim())?.slice(1) ?? []);
  const all = { ...before, ...Object.fromEntries(given) };
  try {
    if (given.some(({ length }) => length === 0)) throw new Error('it must be NAME=TARGET, such as web=web-*,!web-9');
    createGroups(all);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
  return all;
};
const repeated = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** An option that a variable can set, too. */
const option = (flags: string, text: string, env: string) => new Option(flags, text).env(`SIGNALBOX_${env}`);

/** @param of the subject of spans. */
const traces = (of = 'each job') =>
  option(
    '--traces <url>',
    `export a span of ${of} to this OpenTelemetry collector (OTLP over HTTP)`,
    'TRACES',
  ).argParser(tracesUrl);
const log = () => option('--log <file>', 'append log records as JSON lines; - is standard error', 'LOG');
const logLevel = () =>
  option('--log-level <level>', 'lowest level that is logged', 'LOG_LEVEL').choices(logLevels).default('info');
const insecure = () =>
  option('--insecure', 'allow an endpoint that other machines can reach, without keys', 'INSECURE');
const health = () =>
  option('--health <socket>', 'socket that answers signalbox health: a path in a folder of mode 0700', 'HEALTH');

const plugin = () =>
  option(
    '--plugin <module>',
    'load a plug-in: ./FILE or a package; may be repeated (variable: a,b)',
    'PLUGINS',
  ).argParser(repeated);

const config = () =>
  option('--config <file>', 'read options and plug-ins that are not given otherwise from this YAML file', 'CONFIG');
const metrics = () =>
  option(
    '--metrics <[host]:port>',
    'serve /metrics for Prometheus at this address (:PORT is on loopback)',
    'METRICS',
  ).argParser(metricsAddress);

const store = () =>
  option(
    '--store <address>',
    'store of jobs: memory, sqlite[:PATH] or postgres://… (default: a file for this endpoint; see docs/store.md)',
    'STORE',
  ).argParser(storeAddress);

const command = () =>
  new Option(
    '-c, --command <line>',
    'run these commands instead of standard input; several -c are lines of one script',
  ).argParser(repeated);
const output = () =>
  option('--output <format>', 'text for people, json for programs', 'OUTPUT').choices(['text', 'json']).default('text');
const timeout = () =>
  option('--timeout <d>', 'end the whole program after this time, with exit code 124', 'TIMEOUT').argParser(duration);
const echo = () => option('--echo', 'print each line of a script before it runs; text output only', 'ECHO');
const begin = () => option('--begin <line>', "first line of a prompt, such as 'use online'", 'BEGIN');
const keepGoing = () => option('--keep-going', 'continue a script after a failure', 'KEEP_GOING');
const exitCode = () =>
  option('--exit-code <of>', 'job: if only programs failed, the largest of their exit codes', 'EXIT_CODE')
    .choices(['script', 'job'])
    .default('script');

const as = () =>
  option('--as <name>', 'name that others see, as local:NAME (default: name of this user)', 'AS').argParser(callerName);
const socketDirs = () =>
  option(
    '--socket-dir <folder>',
    'folder of server sockets (default: $XDG_RUNTIME_DIR/signalbox, /run/signalbox and /tmp/signalbox-UID)',
    'SOCKET_DIR',
  );

/** The options of `signalbox server`, in the order of its help. */
export const serverOptions = (): Option[] => [
  option(
    '--bind <endpoint>',
    'endpoint to listen on (default: tcp://127.0.0.1:5555; with --spawn a private ipc)',
    'BIND',
  ),
  option('--headless', 'no prompt and no script: run until SIGTERM; logs to standard error by default', 'HEADLESS'),
  option('--spawn <n>', 'start n clients on this machine, w1 to wN, and end them with the server', 'SPAWN').argParser(
    count,
  ),
  command(),
  output(),
  option(
    '--wait-clients <n>',
    'a script first waits for n clients (default: 1, or n of --spawn)',
    'WAIT_CLIENTS',
  ).argParser(count),
  option('--connect-timeout <d>', 'maximum time to wait for clients', 'CONNECT_TIMEOUT')
    .argParser(duration)
    .default(30_000, '30s'),
  timeout(),
  echo(),
  begin(),
  keepGoing(),
  exitCode(),
  option('--lost-after <d>', 'jobs of a client that is away for this time are lost', 'LOST_AFTER')
    .argParser(duration)
    .default(60_000, '60s'),
  option('--recover-within <d>', 'the same for jobs that outlive their client, such as containers', 'RECOVER_WITHIN')
    .argParser(duration)
    .default(3_600_000, '1h'),
  store(),
  option('--store-sync <mode>', 'full: sqlite keeps every acknowledged change over a power cut', 'STORE_SYNC').choices([
    'normal',
    'full',
  ]),
  option('--keep <d>', 'delete a stored job this long after its outcome', 'KEEP')
    .argParser(duration)
    .default(2_592_000_000, '30d'),
  option('--keep-bytes <size>', 'delete the oldest outcomes while the store is larger', 'KEEP_BYTES')
    .argParser(size)
    .default(1_073_741_824, '1GiB'),
  option('--adopt', 'adopt jobs of other stores that clients hold', 'ADOPT'),
  option(
    '--group <name=target>',
    'name for a target, such as web=web-*,!web-9; may be repeated (variable: a=…;b=…)',
    'GROUP',
  ).argParser(groups),
  option('--workflows <folder>', 'folder of workflows, which run by name; see docs/workflows.md', 'WORKFLOWS'),
  option(
    '--presence <host:port>',
    'serve presence at this address, gateway and status service: see docs/presence.md',
    'PRESENCE',
  ).argParser(hostPort),
  option('--user-secret-file <file>', 'for --presence: secret that user tokens are made with', 'USER_SECRET_FILE'),
  option('--keys <folder>', 'accept only clients that were added to this folder: signalbox keys --help', 'KEYS'),
  option('--audit <file>', 'append who joined and which commands were sent to whom, as JSON lines', 'AUDIT'),
  insecure(),
  health(),
  option(
    '--socket-dir <folder>',
    'folder of its sockets for programs: see docs/api.md (default: $XDG_RUNTIME_DIR/signalbox, else /tmp/signalbox-UID)',
    'SOCKET_DIR',
  ),
  option(
    '--api <https://host:port>',
    'serve operators at this address over TLS: see docs/api.md; needs --tls-cert, --tls-key and a durable store',
    'API',
  ).argParser(httpsAddress),
  option('--tls-cert <file>', 'for --api: certificate chain up to its authority (PEM; HUP reloads)', 'TLS_CERT'),
  option('--tls-key <file>', 'for --api: key of the certificate (PEM)', 'TLS_KEY'),
  option(
    '--tls-client-ca <file>',
    "for --api: request client certificates, signed by this authority and with an operator's key",
    'TLS_CLIENT_CA',
  ),
  option(
    '--tls-min <version>',
    'for --api: lowest TLS version; 1.2 with forward secrecy only (default: 1.3)',
    'TLS_MIN',
  ).choices(['1.2', '1.3']),
  metrics(),
  traces(),
  log(),
  logLevel(),
  plugin(),
  config(),
];

/** Options to reach a server over https. TLS options have no variables: those of a server name its own certificate. */
export const httpsOptions = (): Option[] => [
  option('--token-file <file>', 'for https: file with the token printed by signalbox operators add', 'TOKEN_FILE'),
  new Option(
    '--tls-ca <file>',
    "for https: authority of the server's certificate (default: those that this machine trusts)",
  ),
  new Option('--tls-cert <file>', 'for https: client certificate, in addition to a token or instead of it'),
  new Option('--tls-key <file>', 'for https: key of the certificate'),
];

/** The options of `signalbox attach`, in the order of its help. */
export const attachOptions = (): Option[] => [
  command(),
  output(),
  new Option('--detach', 'exit when everything is sent, without waiting for outcomes'),
  new Option('--events', 'a script also shows what others do; JSON has every event, with its number'),
  as(),
  option('--wait-clients <n>', 'a script first waits for n clients (default: 0)', 'WAIT_CLIENTS').argParser(count),
  option(
    '--connect-timeout <d>',
    'maximum time to wait for clients, and for a server that does not answer',
    'CONNECT_TIMEOUT',
  )
    .argParser(duration)
    .default(30_000, '30s'),
  timeout(),
  echo(),
  begin(),
  keepGoing(),
  exitCode(),
  option('--context <context>', 'name of a context: signalbox context --help', 'CONTEXT'),
  ...httpsOptions(),
  socketDirs(),
  // Without the variable of the server, whose plug-ins may have options that are given there.
  new Option('--plugin <module>', 'load the builtins of a plug-in: ./FILE or a package; may be repeated').argParser(
    repeated,
  ),
];

/** The options of every subcommand of `signalbox operators`. */
export const operatorsOptions = (): Option[] => [
  output(),
  new Option('--at <server>', "the server's socket, or the endpoint it listens on (default: the only server found)"),
  as(),
  socketDirs(),
];

const certificate = () =>
  new Option('--certificate <file>', 'sign in with client certificates of the same key as this one, without a token');

/** The options of `signalbox operators add`. */
export const addOperatorOptions = (): Option[] => [
  new Option('--role <role>', 'viewer, operator, admin, or a role of the configuration').makeOptionMandatory(),
  new Option(
    '--expires <d>',
    'when it expires: after a duration such as 90d, or at a time such as 2031-01-31',
  ).argParser(expiry),
  certificate(),
  ...operatorsOptions(),
];

/** The options of `signalbox operators rotate`. */
export const rotateOperatorOptions = (): Option[] => [certificate(), ...operatorsOptions()];

/** The options of `signalbox client`, in the order of its help. */
export const clientOptions = (): Option[] => [
  option('--connect <endpoint>', 'endpoint of the server', 'CONNECT').default('tcp://127.0.0.1:5555'),
  option(
    '--name <name>',
    'name of the client (default: that of its credentials, else host name and process id)',
    'NAME',
  ),
  option('--credentials <file>', 'file that signalbox keys add wrote for this client', 'CREDENTIALS'),
  option(
    '--allow <commands>',
    'data commands that it runs, as a,b (default: all except those that run code)',
    'ALLOW',
  ).argParser(names),
  option(
    '--label <name=value>',
    'label for targets, such as env=prod; may be repeated (variable: a=b,c=d)',
    'LABEL',
  ).argParser(labels),
  option('--ready', 'accept work at once, without waiting for start', 'READY'),
  option(
    '--state <folder>',
    'folder for state of commands that outlives it (default: $XDG_STATE_HOME/signalbox/client/NAME)',
    'STATE',
  ),
  option('--forget-after <d>', 'forget an outcome of another store this long after its job ended', 'FORGET_AFTER')
    .argParser(duration)
    .default(604_800_000, '7d'),
  insecure(),
  health(),
  traces(),
  log(),
  logLevel(),
  plugin(),
  config(),
  option('--quiet', 'print only problems', 'QUIET'),
  new Option('--until-stdin-ends', 'end when standard input ends'),
  // For clients of --spawn.
  new Option('--allow-all').hideHelp(),
];

/**
 * Options of every program of a plug-in, besides its own.
 * @param tracesOf the subject of its spans; undefined if it has none.
 */
export const programOptions = (tracesOf: string | undefined): Option[] => [
  health(),
  metrics(),
  ...(tracesOf === undefined ? [] : [traces(tracesOf)]),
  log(),
  logLevel(),
  option('--config <file>', 'read options that are not given otherwise from this YAML file', 'CONFIG'),
];

/** Options that name the plug-in of a subcommand that is not part of this program. */
export const pluginPlaceOptions = (): Option[] => [
  plugin(),
  option('--config <file>', 'read plug-ins from this YAML file', 'CONFIG'),
];

export const healthOptions = (): Option[] => [
  option('--at <socket>', 'socket where it answers', 'HEALTH').makeOptionMandatory(),
];

/** The options of `signalbox store copy`: the meaning of `sqlite`, and plug-ins for other addresses. */
export const storePlaceOptions = (): Option[] => [
  option('--bind <endpoint>', 'endpoint of the server whose default store is meant', 'BIND').default(
    'tcp://127.0.0.1:5555',
  ),
  plugin(),
  config(),
];

/** The options of `signalbox store`: they select the store. */
export const storeOptions = (): Option[] => [store(), ...storePlaceOptions()];

/** The options of `signalbox workflow check`: they select the known commands. */
export const workflowOptions = (): Option[] => [new Option('--json', 'print JSON, for programs'), plugin(), config()];

/** The options of `signalbox keys add`. */
export const addKeysOptions = (): Option[] => [
  new Option('--replicas', 'credentials are also valid for NAME-<suffix>, for clients with several instances'),
  new Option(
    '--label <name=value>',
    'label for targets that overrides those of the client, such as env=prod; may be repeated',
  ).argParser(labels),
  ...keysOptions(),
];

/** The options of every subcommand of `signalbox keys`. */
export const keysOptions = (): Option[] => [
  option('--keys <folder>', 'folder of the keys', 'KEYS').default('keys'),
  new Option('--json', 'print JSON, for programs'),
];

/** The options of `signalbox tls`. @param ofServer whether a server certificate is created. */
export const tlsOptions = (ofServer: boolean): Option[] => [
  ...(ofServer
    ? [
        new Option(
          '--host <name>',
          'name or address of the server; may be repeated (default: this machine and loopback)',
        ).argParser(repeated),
      ]
    : []),
  new Option('--days <n>', 'days that certificates are valid; the authority is valid for 10 years')
    .argParser(days)
    .default(365),
  new Option('--json', 'print JSON, for programs'),
];

export const listContextsOptions = (): Option[] => [new Option('--json', 'print JSON, for programs')];
