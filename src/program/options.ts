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
  if (!parseStoreAddress(text)) throw new InvalidArgumentError(`it is ${addressForm}.`);
  return text;
};
const count = (text: string): number => {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('it is a whole number from 0 to 9999.');
  return Number(text);
};
const days = (text: string): number => {
  if (!/^\d{1,4}$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('it is a whole number from 1 to 9999.');
  return Number(text);
};
const metricsAddress = (text: string): MetricsAddress => {
  const address = parseMetricsAddress(text);
  if (!address) throw new InvalidArgumentError('it is :PORT on loopback, or HOST:PORT.');
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
    throw new InvalidArgumentError('without TLS the API answers at its unix sockets alone; use https://HOST:PORT.');
  }
  try {
    const [, address = ''] = /^https:\/\/([^/]+)\/?$/i.exec(text) ?? [];
    return parseHostPort(address);
  } catch {
    throw new InvalidArgumentError('it is https://HOST:PORT, such as https://0.0.0.0:8443.');
  }
};
const tracesUrl = (text: string): string => {
  const url = parseTracesUrl(text);
  if (url === undefined) throw new InvalidArgumentError('it is http://HOST:PORT or https://…, without a password.');
  return url;
};
/** HTTP/2 leaves out a header with a control character, and its sender would be somebody else. */
const callerName = (text: string): string => {
  if (!isCallerName(text)) throw new InvalidArgumentError(`it is a name: ${callerForm}.`);
  return text;
};
/** In ms since the epoch. */
const expiry = (text: string): number => {
  const ms = parseDuration(text);
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const atMs = ms === undefined ? Date.parse(isTime ? text : '') : Date.now() + ms;
  if (Number.isNaN(atMs)) throw new InvalidArgumentError(`it must be ${durationForm}, or a time such as 2031-01-31.`);
  if (ms === 0 || atMs <= Date.now()) throw new InvalidArgumentError('that time is over already.');
  return atMs;
};
/** Names with commas between them. */
export const names = (text: string): string[] => text.split(',').filter((name) => name !== '');
/** `NAME=VALUE`, several with commas between them. */
const labels = (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const given = names(text).map((one) => /^([^=]+)=(.*)$/.exec(one)?.slice(1) ?? []);
  const all = { ...before, ...Object.fromEntries(given) };
  if (given.some(({ length }) => length === 0) || !areLabels(all)) {
    throw new InvalidArgumentError('it is NAME=VALUE, such as env=prod; a value is [A-Za-z0-9][A-Za-z0-9._:/-]*.');
  }
  return all;
};
/** `NAME=TARGET`, several with semicolons between them. */
const groups = (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const given = text.split(';').map((one) => /^([^=]+)=(.+)$/.exec(one.trim())?.slice(1) ?? []);
  const all = { ...before, ...Object.fromEntries(given) };
  try {
    if (given.some(({ length }) => length === 0)) throw new Error('it is NAME=TARGET, such as web=web-*,!web-9');
    createGroups(all);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
  return all;
};
const repeated = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** An option that its variable can set too. */
const option = (flags: string, text: string, env: string) => new Option(flags, text).env(`SIGNALBOX_${env}`);

/** @param of what spans are made of. */
const traces = (of = 'each job') =>
  option(
    '--traces <url>',
    `export a span of ${of} to the OpenTelemetry collector there (OTLP over HTTP)`,
    'TRACES',
  ).argParser(tracesUrl);
const log = () => option('--log <file>', 'append what happens, as JSON lines; - is standard error', 'LOG');
const logLevel = () => option('--log-level <level>', 'how much of it', 'LOG_LEVEL').choices(logLevels).default('info');
const insecure = () =>
  option('--insecure', 'allow an endpoint that other machines can reach, without keys', 'INSECURE');
const health = () =>
  option('--health <socket>', 'answer signalbox health there: a path in a folder of mode 0700', 'HEALTH');

const plugin = () =>
  option(
    '--plugin <module>',
    'load a plug-in: ./FILE or a package; may be repeated (variable: a,b)',
    'PLUGINS',
  ).argParser(repeated);

const config = () =>
  option('--config <file>', 'take options and plug-ins that are not given here from this YAML file', 'CONFIG');
const metrics = () =>
  option('--metrics <[host]:port>', 'serve /metrics to Prometheus there (:PORT is on loopback)', 'METRICS').argParser(
    metricsAddress,
  );

const store = () =>
  option(
    '--store <address>',
    'where jobs are kept: memory, sqlite[:PATH] or postgres://… (default: a file of this endpoint; see docs/store.md)',
    'STORE',
  ).argParser(storeAddress);

const command = () =>
  new Option(
    '-c, --command <line>',
    'carry out these commands instead of standard input; several -c are lines of one script',
  ).argParser(repeated);
const output = () =>
  option('--output <format>', 'text for people, json for programs', 'OUTPUT').choices(['text', 'json']).default('text');
const timeout = () =>
  option('--timeout <d>', 'end the whole program after this time, with exit code 124', 'TIMEOUT').argParser(duration);
const echo = () => option('--echo', 'a script in text shows each line before it is carried out', 'ECHO');
const begin = () => option('--begin <line>', "at a prompt: a line to begin with, such as 'use online'", 'BEGIN');
const keepGoing = () => option('--keep-going', 'a script goes on after a failure', 'KEEP_GOING');
const exitCode = () =>
  option('--exit-code <of>', 'job: where only programs have failed, the largest of their exit codes', 'EXIT_CODE')
    .choices(['script', 'job'])
    .default('script');

const as = () =>
  option('--as <name>', 'the name that others see, as local:NAME (default: of this user)', 'AS').argParser(callerName);
const socketDirs = () =>
  option(
    '--socket-dir <folder>',
    'where servers have their sockets (default: $XDG_RUNTIME_DIR/signalbox, /run/signalbox and /tmp/signalbox-UID)',
    'SOCKET_DIR',
  );

/** The options of `signalbox server`, in the order of its help. */
export const serverOptions = (): Option[] => [
  option('--bind <endpoint>', 'where to listen (default: tcp://127.0.0.1:5555; with --spawn a private ipc)', 'BIND'),
  option(
    '--headless',
    'no prompt and no script: stay until SIGTERM; the log is on standard error by default',
    'HEADLESS',
  ),
  option('--spawn <n>', 'start n clients on this machine, w1 to wN, and end them at the end', 'SPAWN').argParser(count),
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
  option('--lost-after <d>', 'jobs of a client that stays away so long are lost', 'LOST_AFTER')
    .argParser(duration)
    .default(60_000, '60s'),
  option('--recover-within <d>', 'the same for jobs that outlive their client, such as containers', 'RECOVER_WITHIN')
    .argParser(duration)
    .default(3_600_000, '1h'),
  store(),
  option('--store-sync <mode>', 'full: sqlite also survives a power cut with all it said', 'STORE_SYNC').choices([
    'normal',
    'full',
  ]),
  option('--keep <d>', 'a stored job is deleted so long after its outcome', 'KEEP')
    .argParser(duration)
    .default(2_592_000_000, '30d'),
  option('--keep-bytes <size>', 'the oldest outcomes are deleted while the store is larger', 'KEEP_BYTES')
    .argParser(size)
    .default(1_073_741_824, '1GiB'),
  option('--adopt', 'take jobs of other stores from clients that hold them', 'ADOPT'),
  option(
    '--group <name=target>',
    'a name for a target, such as web=web-*,!web-9; may be repeated (variable: a=…;b=…)',
    'GROUP',
  ).argParser(groups),
  option('--workflows <folder>', 'the workflows there are run by their names; see docs/workflows.md', 'WORKFLOWS'),
  option(
    '--presence <host:port>',
    'answer presence there, gateway and status service: see docs/presence.md',
    'PRESENCE',
  ).argParser(hostPort),
  option('--user-secret-file <file>', 'for --presence: the secret of which user-tokens are made', 'USER_SECRET_FILE'),
  option('--keys <folder>', 'let in only clients that were added there: signalbox keys --help', 'KEYS'),
  option('--audit <file>', 'append who joined and what was sent to whom, as JSON lines', 'AUDIT'),
  insecure(),
  health(),
  option(
    '--socket-dir <folder>',
    'where programs reach it: see docs/api.md (default: $XDG_RUNTIME_DIR/signalbox, else /tmp/signalbox-UID)',
    'SOCKET_DIR',
  ),
  option(
    '--api <https://host:port>',
    'answer operators there, over TLS alone: see docs/api.md; needs --tls-cert, --tls-key and a durable store',
    'API',
  ).argParser(httpsAddress),
  option(
    '--tls-cert <file>',
    'for --api: its certificate and those up to its authority (PEM; HUP reads again)',
    'TLS_CERT',
  ),
  option('--tls-key <file>', 'for --api: the key of the certificate (PEM)', 'TLS_KEY'),
  option(
    '--tls-client-ca <file>',
    "for --api: ask for client certificates; they count if this authority signed them and their key is an operator's",
    'TLS_CLIENT_CA',
  ),
  option('--tls-min <version>', 'for --api: also take TLS 1.2, with forward secrecy (default: 1.3)', 'TLS_MIN').choices(
    ['1.2', '1.3'],
  ),
  metrics(),
  traces(),
  log(),
  logLevel(),
  plugin(),
  config(),
];

/** How a server over https is reached. TLS not by the variables of a server, whose own certificate they mean. */
export const httpsOptions = (): Option[] => [
  option('--token-file <file>', 'for https: the token that signalbox operators add has printed', 'TOKEN_FILE'),
  new Option('--tls-ca <file>', "for https: who signs the server's certificate (default: whom this machine trusts)"),
  new Option('--tls-cert <file>', 'for https: a client certificate, beside or instead of a token'),
  new Option('--tls-key <file>', 'for https: the key of the certificate'),
];

/** The options of `signalbox attach`, in the order of its help. */
export const attachOptions = (): Option[] => [
  command(),
  output(),
  new Option('--detach', 'leave when everything is sent, without waiting for outcomes'),
  new Option('--events', 'a script shows what others do, too; JSON has every event, with its number'),
  as(),
  option('--wait-clients <n>', 'a script first waits for n clients (default: for none)', 'WAIT_CLIENTS').argParser(
    count,
  ),
  option('--connect-timeout <d>', 'maximum time to wait for clients, and for a server that is away', 'CONNECT_TIMEOUT')
    .argParser(duration)
    .default(30_000, '30s'),
  timeout(),
  echo(),
  begin(),
  keepGoing(),
  exitCode(),
  option('--context <context>', 'a server by the name of a context: signalbox context --help', 'CONTEXT'),
  ...httpsOptions(),
  socketDirs(),
  // Not by the variable of the server, whose plug-ins may have options that are given there.
  new Option('--plugin <module>', 'load the builtins of a plug-in: ./FILE or a package; may be repeated').argParser(
    repeated,
  ),
];

/** The options of every subcommand of `signalbox operators`. */
export const operatorsOptions = (): Option[] => [
  output(),
  new Option(
    '--at <server>',
    "the server's socket, or the endpoint it listens on (default: the only one that is found)",
  ),
  as(),
  socketDirs(),
];

const certificate = () =>
  new Option('--certificate <file>', 'it signs in with client certificates of the key of this one, and has no token');

/** The options of `signalbox operators add`. */
export const addOperatorOptions = (): Option[] => [
  new Option('--role <role>', 'viewer, operator, admin, or one of the configuration').makeOptionMandatory(),
  new Option('--expires <d>', 'its time is over then: a duration such as 90d, or a time such as 2031-01-31').argParser(
    expiry,
  ),
  certificate(),
  ...operatorsOptions(),
];

/** The options of `signalbox operators rotate`. */
export const rotateOperatorOptions = (): Option[] => [certificate(), ...operatorsOptions()];

/** The options of `signalbox client`, in the order of its help. */
export const clientOptions = (): Option[] => [
  option('--connect <endpoint>', 'where the server listens', 'CONNECT').default('tcp://127.0.0.1:5555'),
  option('--name <name>', 'the name it is called by (default: of its credentials, else this host and process)', 'NAME'),
  option('--credentials <file>', 'what signalbox keys add has written for this client', 'CREDENTIALS'),
  option(
    '--allow <commands>',
    'the data commands that it runs, as a,b (default: all but those that run code)',
    'ALLOW',
  ).argParser(names),
  option(
    '--label <name=value>',
    'what targets know it by, such as env=prod; may be repeated (variable: a=b,c=d)',
    'LABEL',
  ).argParser(labels),
  option('--ready', 'take work at once, without waiting for start', 'READY'),
  option(
    '--state <folder>',
    'where its commands keep what outlives it (default: $XDG_STATE_HOME/signalbox/client/NAME)',
    'STATE',
  ),
  option('--forget-after <d>', 'an outcome of another store is forgotten so long after its job', 'FORGET_AFTER')
    .argParser(duration)
    .default(604_800_000, '7d'),
  insecure(),
  health(),
  traces(),
  log(),
  logLevel(),
  plugin(),
  config(),
  option('--quiet', 'say only what goes wrong', 'QUIET'),
  new Option('--until-stdin-ends', 'end when standard input ends'),
  // For clients of --spawn.
  new Option('--allow-all').hideHelp(),
];

/**
 * What every program of a plug-in has besides its own options.
 * @param tracesOf what it makes spans of, if of anything.
 */
export const programOptions = (tracesOf: string | undefined): Option[] => [
  health(),
  metrics(),
  ...(tracesOf === undefined ? [] : [traces(tracesOf)]),
  log(),
  logLevel(),
  option('--config <file>', 'take options that are not given here from this YAML file', 'CONFIG'),
];

/** What names the plug-in of a subcommand that is not this program's own. */
export const pluginPlaceOptions = (): Option[] => [
  plugin(),
  option('--config <file>', 'take plug-ins from this YAML file', 'CONFIG'),
];

export const healthOptions = (): Option[] => [
  option('--at <socket>', 'where it answers', 'HEALTH').makeOptionMandatory(),
];

/** The options of `signalbox store copy`: what `sqlite` means, and what opens other addresses. */
export const storePlaceOptions = (): Option[] => [
  option('--bind <endpoint>', 'the default store of the server there', 'BIND').default('tcp://127.0.0.1:5555'),
  plugin(),
  config(),
];

/** The options of `signalbox store`: which one. */
export const storeOptions = (): Option[] => [store(), ...storePlaceOptions()];

/** The options of `signalbox workflow check`: the contracts of which commands. */
export const workflowOptions = (): Option[] => [
  new Option('--json', 'answer in JSON, for programs'),
  plugin(),
  config(),
];

/** The options of `signalbox keys add`. */
export const addKeysOptions = (): Option[] => [
  new Option('--replicas', 'they are good for NAME-<suffix> too, for clients that are started many times'),
  new Option(
    '--label <name=value>',
    'what targets know them by, whatever they say of themselves, such as env=prod; may be repeated',
  ).argParser(labels),
  ...keysOptions(),
];

/** The options of every subcommand of `signalbox keys`. */
export const keysOptions = (): Option[] => [
  option('--keys <folder>', 'where the keys are kept', 'KEYS').default('keys'),
  new Option('--json', 'answer in JSON, for programs'),
];

/** The options of `signalbox tls`. @param ofServer whether a certificate of a server is made. */
export const tlsOptions = (ofServer: boolean): Option[] => [
  ...(ofServer
    ? [
        new Option(
          '--host <name>',
          'a name or address that the server is reached by; may be repeated (default: of this machine, and loopback)',
        ).argParser(repeated),
      ]
    : []),
  new Option('--days <n>', 'how long certificates are valid; the authority is for 10 years')
    .argParser(days)
    .default(365),
  new Option('--json', 'answer in JSON, for programs'),
];

export const listContextsOptions = (): Option[] => [new Option('--json', 'answer in JSON, for programs')];
