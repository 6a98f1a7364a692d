import { type Command, CommanderError } from 'commander';
import { SignalboxError } from '../../schemas/errors.ts';
import type { SubcommandGroup } from '../plugin/subcommand.ts';
import { withoutPasswords } from '../without-passwords.ts';
import { addGroup, createCommandTree, type Handlers } from './command-tree.ts';
import { checkSwitches, removeUnset } from './environment.ts';
import { checkHeadless } from './headless-options.ts';
import { hasPassword } from './store/store-address.ts';
import { givenOptions } from './subcommands/own.ts';

/** Additions to a subcommand, made before its arguments are parsed. */
export interface Extension {
  /** Completes the parsed options. */
  apply(command: Command): void;
}

interface Cli {
  readonly handlers: Handlers;
  /** The environment of this process: commander reads it itself. */
  readonly env: NodeJS.ProcessEnv;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  /**
   * Called for a subcommand with plug-ins or a configuration, with the switches that the environment turns off.
   */
  readonly extend?: (command: Command, args: readonly string[], switchedOff: readonly string[]) => Promise<Extension>;
  /** Called for an unknown subcommand, if plug-ins or a configuration are given. */
  readonly subcommands?: (args: readonly string[]) => Promise<readonly SubcommandGroup[]>;
}

/**
 * Parses the arguments of `signalbox` (without the program) and calls the handler of their subcommand.
 * @returns its exit code; 2 after a usage error, which is already printed.
 * @throws what the handler throws.
 */
export async function runCli(args: readonly string[], cli: Cli): Promise<number> {
  const { handlers, env, writeOut, writeErr } = cli;
  let exitCode = 0;
  let extension: Extension | undefined;
  const ends = async (ended: Promise<number>) => {
    exitCode = await ended;
  };
  const program = createCommandTree(handlers, {
    ends,
    before: async (command, isExtensible) => {
      const switchedOff = removeUnset(command, env);
      if (!isExtensible || !isExtended(command, args, env)) return;
      extension = await cli.extend?.(command, args, switchedOff);
      removeUnset(command, env);
    },
  });
  program.hook('preAction', (_, command) => {
    checkSwitches(command, env);
    refusePassword(command);
    extension?.apply(command);
    checkHeadless(command);
  });
  const [first = ''] = args;
  const isKnown = first === 'help' || program.commands.some((command) => command.name() === first);
  if (!isKnown && /^[a-z]/.test(first) && namesPlugins(args, env)) {
    for (const group of (await cli.subcommands?.(args)) ?? []) addGiven(program, group, { handlers, ends, env });
  }
  // Also set it on existing subcommands: Commander copies it only to subcommands that are created later.
  const output = {
    writeOut,
    writeErr,
    outputError: (text: string, write: (text: string) => void) => write(withoutPasswords(text)),
  };
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    command.configureOutput(output).exitOverride();
  }

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return exitCode;
}

/** Whether a subcommand is given plug-ins or a configuration. Without plug-ins, no module for plug-ins is loaded. */
export function isExtended({ options }: Command, args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  const extending = options.filter(({ long }) => long === '--plugin' || long === '--config');
  return extending.some(
    ({ long, envVar }) => env[envVar ?? ''] !== undefined || args.some((arg) => arg.split('=')[0] === long),
  );
}

function namesPlugins(args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  return (
    Boolean(env.SIGNALBOX_PLUGINS || env.SIGNALBOX_CONFIG) || args.some((arg) => /^--(plugin|config)(=|$)/.test(arg))
  );
}

function addGiven(
  program: Command,
  group: SubcommandGroup,
  { env, ...around }: Pick<Parameters<typeof addGroup>[2], 'handlers' | 'ends'> & { readonly env: NodeJS.ProcessEnv },
): void {
  // It never replaces a subcommand of this program.
  if (program.commands.some((command) => command.name() === group.name)) return;
  try {
    addGroup(program, group, {
      ...around,
      optionsOf: givenOptions,
      before: (command) => void removeUnset(command, env),
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replaceAll(/\s+/g, ' ') : String(cause);
    throw new SignalboxError('bad_usage', `plug-in ${group.name}: ${why}`, { cause });
  }
}

function refusePassword(command: Command): void {
  const isTyped = command.getOptionValueSource('store') === 'cli';
  if (!isTyped || !hasPassword(command.getOptionValue('store'))) return;
  command.error(
    'error: --store has a password, which others can read here; use SIGNALBOX_STORE, PGPASSFILE or --config',
  );
}
