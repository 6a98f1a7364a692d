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
import {
  addKeysOptions,
  addOperatorOptions,
  attachOptions,
  clientOptions,
  healthOptions,
  httpsOptions,
  keysOptions,
  listContextsOptions,
  operatorsOptions,
  rotateOperatorOptions,
  serverOptions,
  storeOptions,
  storePlaceOptions,
  tlsOptions,
  workflowOptions,
} from './options.ts';
import type { ServerCommandOptions } from './server-options.ts';
import type { StoreCommandOptions, StorePlaceOptions } from './store/store-command.ts';
import { ownSubcommands, subcommandOptions } from './subcommands/own.ts';
import type { SubcommandValues } from './subcommands/run.ts';
import type { TlsOptions } from './tls-command.ts';
import type { WorkflowCommandOptions } from './workflow-command.ts';

/** Carries out a subcommand. @returns the exit code */
type Handler<Given extends unknown[]> = (...given: Given) => Promise<number>;

/** Shells that can complete the arguments of `signalbox`. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** What carries out each subcommand. */
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
  /** One of a plug-in. */
  readonly ofPlugin: Handler<[Subcommand, group: string, SubcommandValues]>;
  readonly completion: Handler<[shell: (typeof shells)[number]]>;
  /** @param wordBreaks at which the shell divides words, beside spaces. */
  readonly complete: Handler<[line: string, wordBreaks: string | undefined]>;
}

interface Hooks {
  /** Called with what the handler of the subcommand returns. */
  readonly ends: (exitCode: Promise<number>) => Promise<void>;
  /** Called before the arguments of a subcommand are parsed. */
  readonly before: (command: Command, isExtensible: boolean) => Promise<void> | void;
}

/** The subcommands with their options: what is parsed, and what help, completion and the man page are made from. */
export function createCommandTree(handlers: Handlers, { ends, before }: Hooks): Command {
  const by =
    <Given extends unknown[]>(handler: Handler<Given>) =>
    (...given: Given) =>
      ends(handler(...given));

  const program = new Command('signalbox')
    .description('Command long-running work on other machines from one prompt.')
    .version(version)
    .showHelpAfterError('(--help tells more)')
    .hook('preSubcommand', (_, command) => before(command, true));

  withOptions(program.command('server'), serverOptions())
    .description(
      'Listen for clients and command them: a prompt on a terminal, else the script on standard input; or stay.',
    )
    .addHelpText('after', serverHelp)
    .action(by(handlers.server));
  withOptions(program.command('client'), clientOptions())
    .description('Connect to a server and run what it sends, until one of them ends it.')
    .addHelpText('after', clientHelp)
    .action(by(handlers.client));
  withOptions(program.command('attach'), attachOptions())
    .argument(
      '[address]',
      "https://HOST:PORT, a server's socket, or the endpoint it listens on (default: the only server that is found)",
    )
    .description(
      'Command the clients of a server that runs: its prompt, a script, or -c. Leaving it leaves the server alone.',
    )
    .addHelpText('after', attachHelp)
    .action(by(handlers.attach));
  withOptions(program.command('health'), healthOptions())
    .description('Ask a server or client that runs with --health how it is: 0 when it answers, 1 when it does not.')
    .action(by(handlers.health));

  const keys = program
    .command('keys')
    .hook('preSubcommand', (_, command) => before(command, false))
    .description('Keys: who may join a server that others can reach.')
    .addHelpText('after', keysHelp);
  const nameList = ['<name...>', "names of clients; 'm[1-20]' is m1 to m20"] as const;
  withOptions(keys.command('init'), keysOptions())
    .description('Make the folder and the key pair of the server.')
    .action(by(handlers.initKeys));
  withOptions(keys.command('add'), addKeysOptions())
    .argument(...nameList)
    .description('Let clients join, and write their credentials: one file each, to hand to it and to nobody else.')
    .action(by(handlers.addKeys));
  withOptions(keys.command('list'), keysOptions()).description('Say who may join.').action(by(handlers.listKeys));
  withOptions(keys.command('revoke'), keysOptions())
    .argument(...nameList)
    .description('These clients may join no more; a session that one has ends within a second.')
    .action(by(handlers.revokeKeys));

  const tls = program
    .command('tls')
    .hook('preSubcommand', (_, command) => before(command, false))
    .description('Certificates to begin with, for an API that other machines reach.')
    .addHelpText('after', tlsHelp);
  withOptions(tls.command('init'), tlsOptions(true))
    .argument('<folder>', 'a new one, which only you can enter')
    .description("Make an authority, a server's certificate and an operator's.")
    .action(by(handlers.initTls));
  withOptions(tls.command('server'), tlsOptions(true))
    .argument('<name>', 'of its files')
    .argument('<folder>', 'that init has made')
    .description("Make one more server's certificate.")
    .action(by(handlers.addServerTls));
  withOptions(tls.command('operator'), tlsOptions(false))
    .argument('<name>', 'of the operator, and of its files')
    .argument('<folder>', 'that init has made')
    .description("Make one more operator's certificate.")
    .action(by(handlers.addOperatorTls));
  const operators = program
    .command('operators')
    .hook('preSubcommand', (_, command) => before(command, false))
    .description('Operators: who may reach a server from other machines, and what they may see and do there.')
    .addHelpText('after', operatorsHelp);
  withOptions(operators.command('add'), addOperatorOptions())
    .argument('<name>', 'what others see, as operator:NAME')
    .description('Add one, and print its token: the only line on standard output, told this once.')
    .action(by(handlers.addOperator));
  withOptions(operators.command('list'), operatorsOptions())
    .description('Say who may sign in, with which role and until when.')
    .action(by(handlers.listOperators));
  withOptions(operators.command('remove'), operatorsOptions())
    .argument('<name>', 'who')
    .description('Remove one: all that it has open ends at once, and nothing more is sent for it; what runs goes on.')
    .action(by(handlers.removeOperator));
  withOptions(operators.command('rotate'), rotateOperatorOptions())
    .argument('<name>', 'who')
    .description('Give one another token, and print it. What the old one has open ends.')
    .action(by(handlers.rotateOperator));

  const context = program
    .command('context')
    .hook('preSubcommand', (_, command) => before(command, false))
    .description('Contexts: servers on other machines by a name, for attach.')
    .addHelpText('after', contextHelp);
  withOptions(context.command('add'), httpsOptions())
    .argument('<name>', 'of the context')
    .argument('<url>', 'https://HOST:PORT')
    .description('Add one; the files must be there.')
    .action(by(handlers.addContext));
  context
    .command('use')
    .argument('[context]', 'its name; without it none is in use')
    .description('What attach reaches without an address.')
    .action((name) => ends(handlers.useContext(name)));
  withOptions(context.command('list'), listContextsOptions())
    .description('Say which there are, and which is in use.')
    .action(by(handlers.listContexts));
  context
    .command('remove')
    .argument('<context>', 'its name')
    .description('Remove one; its files stay.')
    .action((name) => ends(handlers.removeContext(name)));

  const store = program
    .command('store')
    .hook('preSubcommand', (_, command) => before(command, true))
    .description('What a server has kept: jobs, outcomes, output. A server may hold it meanwhile.')
    .addHelpText('after', storeHelp);
  const json = new Option('--json', 'answer in JSON, for programs');
  withOptions(store.command('info'), [...storeOptions(), json])
    .description('Say how much is in it, and who holds it.')
    .action(by(handlers.storeInfo));
  withOptions(store.command('export'), storeOptions())
    .description('Write all of it as JSON lines.')
    .action(by(handlers.exportStore));
  withOptions(store.command('copy'), storePlaceOptions())
    .argument('<from>', 'such as sqlite:PATH')
    .argument('<to>', 'an empty one, such as postgres://HOST/DATABASE')
    .description('Move all of it to another store: no server takes the first one any more.')
    .action(by(handlers.copyStore));
  withOptions(store.command('vacuum'), storeOptions())
    .description('Give space that is no longer used back to the file system, while no server holds it.')
    .action(by(handlers.vacuumStore));

  const workflow = program
    .command('workflow')
    .hook('preSubcommand', (_, command) => before(command, true))
    .description('Workflows: files of tasks that a server runs in their order.')
    .addHelpText('after', workflowHelp);
  withOptions(workflow.command('check'), workflowOptions())
    .argument('<file...>', 'files of workflows')
    .description('Check files without a server: 0 if all can be run, else 2, and what is wrong, with line and column.')
    .action(by(handlers.checkWorkflows));

  for (const group of ownSubcommands) {
    addGroup(program, group, { optionsOf: subcommandOptions, handlers, ends, before: (one) => before(one, true) });
  }

  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(shells))
    .description('Print the script by which a shell completes the arguments of signalbox.')
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

/** Adds the subcommands of a plug-in. @throws what commander throws of options that cannot be. */
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

/** The same where nothing is carried out. */
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
