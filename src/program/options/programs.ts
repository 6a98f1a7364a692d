import { Option } from 'commander';
import {
  as,
  begin,
  command,
  config,
  echo,
  exitCode,
  health,
  insecure,
  keepGoing,
  log,
  logLevel,
  metrics,
  option,
  output,
  plugin,
  socketDirs,
  store,
  timeout,
  traces,
} from './shared.ts';
import { count, duration, groups, hostPort, httpsAddress, labels, names, repeated, size } from './values.ts';

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
