import { Command, CommanderError, Option } from 'commander';
import { version } from '../version.ts';
import { withoutPasswords } from '../without-passwords.ts';
import type { ClientCommandOptions } from './client-command.ts';
import { checkSwitches, removeUnset } from './environment.ts';
import { checkHeadless } from './headless-options.ts';
import { clientHelp, keysHelp, serverHelp, storeHelp } from './help.ts';
import type { KeysOptions } from './keys-command.ts';
import {
  clientOptions,
  healthOptions,
  keysOptions,
  serverOptions,
  storeOptions,
  storePlaceOptions,
} from './options.ts';
import type { ServerCommandOptions } from './server-options.ts';
import { hasPassword } from './store/store-address.ts';
import type { StoreCommandOptions, StorePlaceOptions } from './store/store-command.ts';

/** Carries out a subcommand. @returns the exit code */
type Handler<Given extends unknown[]> = (...given: Given) => Promise<number>;

/** What carries out each subcommand. */
export interface Handlers {
  readonly server: Handler<[ServerCommandOptions]>;
  readonly client: Handler<[ClientCommandOptions]>;
  readonly health: Handler<[{ readonly at: string }]>;
  readonly initKeys: Handler<[KeysOptions]>;
  readonly addKeys: Handler<[string[], KeysOptions & { readonly replicas?: boolean }]>;
  readonly listKeys: Handler<[KeysOptions]>;
  readonly revokeKeys: Handler<[string[], KeysOptions]>;
  readonly storeInfo: Handler<[StoreCommandOptions]>;
  readonly exportStore: Handler<[StoreCommandOptions]>;
  readonly vacuumStore: Handler<[StoreCommandOptions]>;
  readonly copyStore: Handler<[string, string, StorePlaceOptions]>;
}

/** What is added to a subcommand before its arguments are parsed. */
export interface Extension {
  /** Completes the options that were parsed. */
  apply(command: Command): void;
}

interface Cli {
  readonly handlers: Handlers;
  /** The environment of this process: commander reads it itself. */
  readonly env: NodeJS.ProcessEnv;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  /**
   * Called for a subcommand that is given plug-ins or a configuration, with the switches that the environment has
   * turned off.
   */
  readonly extend?: (command: Command, args: readonly string[], switchedOff: readonly string[]) => Promise<Extension>;
}

/**
 * Parses the arguments of `signalbox` (without the program) and calls the handler of their subcommand.
 * @returns its exit code; 2 after a usage error, which has been written then.
 * @throws what the handler throws.
 */
export async function runCli(args: readonly string[], cli: Cli): Promise<number> {
  const { handlers, env, writeOut, writeErr } = cli;
  let exitCode = 0;
  let extension: Extension | undefined;
  const by =
    <Given extends unknown[]>(handler: Handler<Given>) =>
    async (...given: Given) => {
      exitCode = await handler(...given);
    };

  const beforeSubcommand = async (_: Command, command: Command) => {
    const switchedOff = removeUnset(command, env);
    if (!isExtended(command, args, env)) return;
    extension = await cli.extend?.(command, args, switchedOff);
    removeUnset(command, env);
  };

  const program = new Command('signalbox')
    .description('Command long-running work on other machines from one prompt.')
    .version(version)
    .configureOutput({ writeOut, writeErr, outputError: (text, write) => write(withoutPasswords(text)) })
    .showHelpAfterError('(--help tells more)')
    .exitOverride()
    .hook('preSubcommand', beforeSubcommand)
    .hook('preAction', (_, command) => {
      checkSwitches(command, env);
      refusePassword(command);
      extension?.apply(command);
      checkHeadless(command);
    });

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
  withOptions(program.command('health'), healthOptions())
    .description('Ask a server or client that runs with --health how it is: 0 when it answers, 1 when it does not.')
    .action(by(handlers.health));

  const keys = program
    .command('keys')
    .hook('preSubcommand', (_, command) => void removeUnset(command, env))
    .description('Keys: who may join a server that others can reach.')
    .addHelpText('after', keysHelp);
  const nameList = ['<name...>', "names of clients; 'm[1-20]' is m1 to m20"] as const;
  withOptions(keys.command('init'), keysOptions())
    .description('Make the folder and the key pair of the server.')
    .action(by(handlers.initKeys));
  const replicas = new Option(
    '--replicas',
    'they are good for NAME-<suffix> too, for clients that are started many times',
  );
  withOptions(keys.command('add'), [replicas, ...keysOptions()])
    .argument(...nameList)
    .description('Let clients join, and write their credentials: one file each, to hand to it and to nobody else.')
    .action(by(handlers.addKeys));
  withOptions(keys.command('list'), keysOptions()).description('Say who may join.').action(by(handlers.listKeys));
  withOptions(keys.command('revoke'), keysOptions())
    .argument(...nameList)
    .description('These clients may join no more; a session that one has ends within a second.')
    .action(by(handlers.revokeKeys));

  const store = program
    .command('store')
    .hook('preSubcommand', beforeSubcommand)
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

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return exitCode;
}

/** Most are not, and load nothing for it. */
function isExtended({ options }: Command, args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  const extending = options.filter(({ long }) => long === '--plugin' || long === '--config');
  return extending.some(
    ({ long, envVar }) => env[envVar ?? ''] !== undefined || args.some((arg) => arg.split('=')[0] === long),
  );
}

function refusePassword(command: Command): void {
  const isTyped = command.getOptionValueSource('store') === 'cli';
  if (!isTyped || !hasPassword(command.getOptionValue('store'))) return;
  command.error(
    'error: --store has a password, which others can read there; use SIGNALBOX_STORE, PGPASSFILE or --config',
  );
}

function withOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
  return command;
}
