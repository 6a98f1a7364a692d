import { InvalidArgumentError, Option } from 'commander';
import type { Subcommand, SubcommandGroup, SubcommandOption } from '../../plugin/subcommand.ts';
import { checkGroup } from '../../plugins/check/subcommands.ts';
import { presence } from '../../plugins/presence/subcommands.ts';
import { pluginPlaceOptions, programOptions } from '../options/subcommands.ts';

// A single module, because it is loaded with every subcommand.

/** The subcommands of the project's own plug-ins, in the order of the help. */
export const ownSubcommands: readonly SubcommandGroup[] = [presence, checkGroup];

/** The options of a plug-in's subcommand, including those of every program, in the order of its help. */
export const subcommandOptions = ({ options, traces }: Subcommand): Option[] => [
  ...options.map(optionOf),
  ...programOptions(traces),
];

/** The same for a plug-in named on the command line. The configuration cannot set its options. */
export const givenOptions = (subcommand: Subcommand): Option[] => [
  ...subcommandOptions(subcommand).filter(({ long }) => long !== '--config'),
  ...pluginPlaceOptions(),
];

function optionOf({ flags, text, env, parse, ...given }: SubcommandOption): Option {
  const option = new Option(flags, text).env(`SIGNALBOX_${env}`);
  if (given.default !== undefined) option.default(parse?.(given.default) ?? given.default, given.default);
  return parse ? option.argParser((value) => parsed(value, parse)) : option;
}

function parsed(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`${error instanceof Error ? error.message : error}.`);
  }
}
