import { Option } from 'commander';
import {
  as,
  config,
  health,
  log,
  logLevel,
  metrics,
  option,
  output,
  plugin,
  socketDirs,
  store,
  traces,
} from './shared.ts';
import { days, expiry, labels, repeated } from './values.ts';

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
