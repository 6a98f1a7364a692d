import { Argument, Command, Option } from 'commander';
import type { Subcommand, SubcommandGroup } from '../plugin/subcommand.ts';
import { version } from '../version.ts';
import type { AttachOptions } from './attach/attach-options.ts';
import type { ClientCommandOptions } from './client-command.ts';
import type { AddContextOptions, ListContextsOptions } from './context-command.ts';
import {
  attachHelp,
  clientHelp,
  completionHelp,
  contextHelp,
  keysHelp,
  operatorsHelp,
  serverHelp,
  storeHelp,
  tlsHelp,
  workflowHelp,
} from './help.ts';
import type { AddKeysOptions, KeysOptions } from './keys-command.ts';
import type { AddOperatorOptions, OperatorsOptions, RotateOperatorOptions } from './operators-command.ts';
import { attachOptions, clientOptions, httpsOptions, serverOptions } from './options/programs.ts';
import {
  addKeysOptions,
  addOperatorOptions,
  healthOptions,
  keysOptions,
  listContextsOptions,
  operatorsOptions,
  rotateOperatorOptions,
  storeOptions,
  storePlaceOptions,
  tlsOptions,
  workflowOptions,
} from './options/subcommands.ts';
import type { ServerCommandOptions } from './server-options.ts';
import type { StoreCommandOptions, StorePlaceOptions } from './store/store-command.ts';
import { ownSubcommands, subcommandOptions } from './subcommands/own.ts';
import type { SubcommandValues } from './subcommands/run.ts';
import type { TlsOptions } from './tls-command.ts';
import type { WorkflowCommandOptions } from './workflow-command.ts';

/** Runs a subcommand. @returns the exit code */
type Handler<Given extends unknown[]> = (...given: Given) => Promise<number>;

/** Shells that can complete the arguments of `signalbox`. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** The handler of each subcommand. */
export interface Handlers {
  readonly server: Handler<[ServerCommandOptions]>;
  readonly client: Handler<[ClientCommandOptions]>;
  readonly attach: Handler<[address: string | undefined, AttachOptions]>;
  readonly health: Handler<[{ readonly at: string }]>;
  readonly initKeys: Handler<[KeysOptions]>;
  readonly addKeys: Handler<[string[], AddKeysOptions]>;
  readonly listKeys: Handler<[KeysOptions]>;
  readonly revokeKeys: Handler<[string[], KeysOptions]>;
  readonly initTls: Handler<[folder: string, TlsOptions]>;
  readonly addServerTls: Handler<[name: string, folder: string, TlsOptions]>;
  readonly addOperatorTls: Handler<[name: string, folder: string, TlsOptions]>;
  readonly addOperator: Handler<[name: string, AddOperatorOptions]>;
  readonly listOperators: Handler<[OperatorsOptions]>;
  readonly removeOperator: Handler<[name: string, OperatorsOptions]>;
  readonly rotateOperator: Handler<[name: string, RotateOperatorOptions]>;
  readonly addContext: Handler<[name: string, address: string, AddContextOptions]>;
  readonly useContext: Handler<[name: string | undefined]>;
  readonly listContexts: Handler<[ListContextsOptions]>;
  readonly removeContext: Handler<[name: string]>;
  readonly storeInfo: Handler<[StoreCommandOptions]>;
  readonly exportStore: Handler<[StoreCommandOptions]>;
  readonly vacuumStore: Handler<[StoreCommandOptions]>;
  readonly copyStore: Handler<[string, string, StorePlaceOptions]>;
  readonly checkWorkflows: Handler<[string[], WorkflowCommandOptions]>;
  /** A subcommand of a plug-in. */
  readonly ofPlugin: Handler<[Subcommand, group: string, SubcommandValues]>;
  readonly completion: Handler<[shell: (typeof shells)[number]]>;
  /** @param wordBreaks characters, besides spaces, at which the shell splits words. */
  readonly complete: Handler<[line: string, wordBreaks: string | undefined]>;
}

interface Hooks {
  /** Called with the result of the handler. */
  readonly ends: (exitCode: Promise<number>) => Promise<void>;
  /** Called before the arguments of a subcommand are parsed. */
  readonly before: (command: Command, isExtensible: boolean) => Promise<void> | void;
}

/** Creates the subcommands with their options, for parsing, help, completion and the man page. */
export function createCommandTree(handlers: Handlers, { ends, before }: Hooks): Command {
  const by =
    <Given extends unknown[]>(handler: Handler<Given>) =>
    (...given: Given) =>
      ends(handler(...given));

  const program = new Command('signalbox')
    .description('Run commands on many machines and report reliably how each ended.')
    .version(version)
    .showHelpAfterError('(see --help)')
    .hook('preSubcommand', (_, command) => before(command, true));

  withOptions(program.command('server'), serverOptions())
    .description(
      'Listen for clients and send them commands: from a prompt on a terminal, else from standard input; or headless.',
    )
    .addHelpText('after', serverHelp)
    .action(by(handlers.server));
  withOptions(program.command('client'), clientOptions())
    .description('Connect to a server and run its commands until either side ends it.')
    .addHelpText('after', clientHelp)
    .action(by(handlers.client));
  withOptions(program.command('attach'), attachOptions())
    .argument(
      '[address]',
      "https://HOST:PORT, a server's socket, or the endpoint it listens on (default: the only server found)",
    )
    .description(
      'Send commands to a running server: from a prompt, a script, or -c. The server keeps running when you leave.',
    )
    .addHelpText('after', attachHelp)
    .action(by(handlers.attach));
  withOptions(program.command('health'), healthOptions())
    .description('Check a server or client that runs with --health: exit code 0 if it answers, 1 if it does not.')
    .action(by(handlers.health));

  const keys = program
    .command('keys')
    .hook('preSubcommand', (_, command) => before(command, false))
    .description('Manage keys: which clients may join a server that other machines can reach.')
    .addHelpText('after', keysHelp);
  const nameList = ['<name...>', "names of clients; 'm[1-20]' is m1 to m20"] as const;
  withOptions(keys.command('init'), keysOptions())
    .description('Create the folder and the key pair of the server.')
    .action(by(handlers.initKeys));
  withOptions(keys.command('add'), addKeysOptions())
    .argument(...nameList)
    .description('Allow clients to join, and write a credentials file for each. Give the file to that client only.')
    .action(by(handlers.addKeys));
  withOptions(keys.command('list'), keysOptions())
    .description('List the clients that may join.')
    .action(by(handlers.listKeys));
  withOptions(keys.command('revoke'), keysOptions())
    .argument(...nameList)
    .description('Revoke the keys of clients. Their sessions end within a second.')
    .action(by(handlers.revokeKeys));

  const tls = program
    .command('tls')
    .hook('preSubcommand', (_, command) => before(command, false))
    .description('Create certificates for an API that other machines reach.')
    .addHelpText('after', tlsHelp);
  withOptions(tls.command('init'), tlsOptions(true))
    .argument('<folder>', 'a new folder, which only you can enter')
    .description('Create an authority, a server certificate and an operator certificate.')
    .action(by(handlers.initTls));
  withOptions(tls.command('server'), tlsOptions(true))
    .argument('<name>', 'name of its files')
    .argument('<folder>', 'a folder created by init')
    .description('Create another server certificate.')
    .action(by(handlers.addServerTls));
  withOptions(tls.command('operator'), tlsOptions(false))
    .argument('<name>', 'name of the operator and of its files')
    .argument('<folder>', 'a folder created by init')
    .description('Create another operator certificate.')
    .action(by(handlers.addOperatorTls));
  const operators = program
    .command('operators')
    .hook('preSubcommand', (_, command) => before(command, false))
    .description('Manage operators: who may use a server from other machines, and what they may see and do.')
    .addHelpText('after', operatorsHelp);
  withOptions(operators.command('add'), addOperatorOptions())
    .argument('<name>', 'name that others see, as operator:NAME')
    .description('Add an operator and print its token, the only line on standard output. It is shown only once.')
    .action(by(handlers.addOperator));
  withOptions(operators.command('list'), operatorsOptions())
    .description('List the operators with role and expiry.')
    .action(by(handlers.listOperators));
  withOptions(operators.command('remove'), operatorsOptions())
    .argument('<name>', 'name of the operator')
    .description('Remove an operator: its calls end at once and nothing more is sent for it; running jobs continue.')
    .action(by(handlers.removeOperator));
  withOptions(operators.command('rotate'), rotateOperatorOptions())
    .argument('<name>', 'name of the operator')
    .description('Replace the token of an operator and print the new one. Calls opened with the old token end.')
    .action(by(handlers.rotateOperator));

  const context = program
    .command('context')
    .hook('preSubcommand', (_, command) => before(command, false))
    .description('Manage contexts: named servers on other machines, for attach.')
    .addHelpText('after', contextHelp);
  withOptions(context.command('add'), httpsOptions())
    .argument('<name>', 'name of the context')
    .argument('<url>', 'https://HOST:PORT')
    .description('Add a context. Its files must exist.')
    .action(by(handlers.addContext));
  context
    .command('use')
    .argument('[context]', 'name of the context; without it, none is in use')
    .description('Select the server that attach uses without an address.')
    .action((name) => ends(handlers.useContext(name)));
  withOptions(context.command('list'), listContextsOptions())
    .description('List the contexts, and which is in use.')
    .action(by(handlers.listContexts));
  context
    .command('remove')
    .argument('<context>', 'name of the context')
    .description('Remove a context. Its files remain.')
    .action((name) => ends(handlers.removeContext(name)));

  const store = program
    .command('store')
    .hook('preSubcommand', (_, command) => before(command, true))
    .description('Inspect and copy the store of a server: jobs, outcomes, output. A server may hold it meanwhile.')
    .addHelpText('after', storeHelp);
  const json = new Option('--json', 'print JSON, for programs');
  withOptions(store.command('info'), [...storeOptions(), json])
    .description('Show how much is in it, and which server holds it.')
    .action(by(handlers.storeInfo));
  withOptions(store.command('export'), storeOptions())
    .description('Write all contents as JSON lines.')
    .action(by(handlers.exportStore));
  withOptions(store.command('copy'), storePlaceOptions())
    .argument('<from>', 'such as sqlite:PATH')
    .argument('<to>', 'an empty store, such as postgres://HOST/DATABASE')
    .description('Move all contents to another store. No server opens the first store afterwards.')
    .action(by(handlers.copyStore));
  withOptions(store.command('vacuum'), storeOptions())
    .description('Return unused space to the file system, while no server holds the store.')
    .action(by(handlers.vacuumStore));

  const workflow = program
    .command('workflow')
    .hook('preSubcommand', (_, command) => before(command, true))
    .description('Check workflows: files of tasks that a server runs in order.')
    .addHelpText('after', workflowHelp);
  withOptions(workflow.command('check'), workflowOptions())
    .argument('<file...>', 'workflow files')
    .description(
      'Check files without a server: exit code 0 if all are valid, else 2 and the errors with line and column.',
    )
    .action(by(handlers.checkWorkflows));

  for (const group of ownSubcommands) {
    addGroup(program, group, { optionsOf: subcommandOptions, handlers, ends, before: (one) => before(one, true) });
  }

  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(shells))
    .description('Print the script with which a shell completes the arguments of signalbox.')
    .addHelpText('after', completionHelp)
    .action((shell) => ends(handlers.completion(shell)));
  // Called by these scripts.
  program
    .command('complete', { hidden: true })
    .argument('<line>')
    .argument('[word-breaks]')
    .action((line, wordBreaks) => ends(handlers.complete(line, wordBreaks)));
  return program;
}

/** Adds the subcommands of a plug-in. @throws the error of commander for invalid options. */
export function addGroup(
  program: Command,
  { name, summary, help, subcommands }: SubcommandGroup,
  {
    optionsOf,
    handlers,
    ends,
    before,
  }: Pick<Hooks, 'ends'> & {
    readonly optionsOf: (subcommand: Subcommand) => Option[];
    readonly handlers: Pick<Handlers, 'ofPlugin'>;
    readonly before: (command: Command) => Promise<void> | void;
  },
): Command {
  const group = program
    .command(name)
    .hook('preSubcommand', (_, command) => before(command))
    .description(summary)
    .addHelpText('after', help);
  for (const subcommand of subcommands) {
    withOptions(group.command(subcommand.name), optionsOf(subcommand))
      .description(subcommand.summary)
      .action((values: SubcommandValues) => ends(handlers.ofPlugin(subcommand, name, values)));
  }
  return group;
}

/** The same with handlers that do nothing. */
export function describeProgram(): Command {
  const none = () => Promise.resolve(0);
  const handlers: Handlers = {
    server: none,
    client: none,
    attach: none,
    health: none,
    initKeys: none,
    addKeys: none,
    listKeys: none,
    revokeKeys: none,
    initTls: none,
    addServerTls: none,
    addOperatorTls: none,
    addOperator: none,
    listOperators: none,
    removeOperator: none,
    rotateOperator: none,
    addContext: none,
    useContext: none,
    listContexts: none,
    removeContext: none,
    storeInfo: none,
    exportStore: none,
    vacuumStore: none,
    copyStore: none,
    checkWorkflows: none,
    ofPlugin: none,
    completion: none,
    complete: none,
  };
  return createCommandTree(handlers, { ends: async () => {}, before() {} });
}

function withOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
  return command;
}
