import { Command } from 'commander';
import { SignalboxError } from '../../../schemas/errors.ts';
import type { Extension } from '../cli.ts';
import { names } from '../options.ts';
import { type GivenPlugins, givenPlugins, handedVariable, type OptionsByPlugin } from './given-plugins.ts';
import { type LoadedPlugin, PluginLoader } from './load.ts';
import { optionsOf, type PluginOption } from './option-flags.ts';

/**
 * Loads the plug-ins that a subcommand is given and adds their options to it, before its arguments are parsed. What fails is thrown when they are
 * set up: help is there without them.
 */
export async function extend(
  command: Command,
  args: readonly string[],
  { env, folder }: { env: NodeJS.ProcessEnv; folder: string },
): Promise<Extension> {
  const loader = new PluginLoader(folder);
  const loaded: LoadedPlugin[] = [];
  const added: PluginOption[] = [];
  let handed: OptionsByPlugin = {};
  let failure: SignalboxError | undefined;
  try {
    handed = JSON.parse(env[handedVariable] ?? '{}');
    for (const module of modulesIn(command, args) ?? names(env.SIGNALBOX_PLUGINS ?? '')) {
      const one = await loader.load(module);
      loaded.push(one);
      for (const option of optionsOf(one.plugin)) {
        checkNew(command, option);
        command.addOption(option.option);
        added.push(option);
      }
    }
  } catch (error) {
    failure = SignalboxError.from(error, 'internal');
    command.allowUnknownOption().allowExcessArguments();
  }
  return {
    apply(parsed) {
      const options: Record<string, Record<string, unknown>> = {};
      for (const { plugin, field, option } of added) {
        const value = parsed.getOptionValue(option.attributeName());
        if (value !== undefined) options[plugin] = { ...options[plugin], [field]: value };
      }
      for (const [plugin, fields] of Object.entries(handed)) options[plugin] = { ...options[plugin], ...fields };
      const given: GivenPlugins = givenPlugins(loaded, options, { failure, ownerOf: (stack) => loader.ownerOf(stack) });
      parsed.setOptionValue('plugins', given);
    },
  };
}

/** The modules that the command line names. The options of plug-ins are not known yet. */
function modulesIn(command: Command, args: readonly string[]): readonly string[] | undefined {
  const glance = new Command()
    .exitOverride()
    .configureOutput({ writeErr() {} })
    .allowUnknownOption();
  for (const option of command.options) glance.addOption(option);
  try {
    glance.parseOptions([...args]);
  } catch {
    // It is said when the arguments are parsed.
  }
  return glance.getOptionValue('plugin');
}

function checkNew(command: Command, { plugin, option }: PluginOption): void {
  const taken = command.options.find(
    (one) => one.long === option.long || one.envVar === option.envVar || one.attributeName() === option.attributeName(),
  );
  const isReserved = option.envVar === handedVariable || option.attributeName() === 'plugins';
  if (taken || isReserved) {
    throw new SignalboxError('bad_usage', `plug-in ${plugin}: ${command.name()} has an option ${option.long} already`);
  }
}
