import { Command, type Option } from 'commander';
import { SignalboxError } from '../../../schemas/errors.ts';
import type { SubcommandGroup } from '../../plugin/subcommand.ts';
import { modulesOf } from '../config/plugins-of.ts';
import { pluginPlaceOptions } from '../options/subcommands.ts';
import { names } from '../options/values.ts';
import { glanceAt } from './extend.ts';
import { PluginLoader } from './load.ts';

/**
 * Loads the plug-ins of the command line, the environment or the configuration, and returns their subcommands.
 * @throws SignalboxError `bad_usage` if one cannot be loaded.
 */
export async function givenSubcommands(
  args: readonly string[],
  { env, folder, signal }: { env: NodeJS.ProcessEnv; folder: string; signal: AbortSignal },
): Promise<SubcommandGroup[]> {
  const loader = new PluginLoader(folder, signal);
  const groups: SubcommandGroup[] = [];
  for (const module of await modulesIn(args, env)) {
    const { name, subcommands } = (await loader.load(module)).plugin;
    if (!subcommands) continue;
    if (groups.some((group) => group.name === name)) {
      throw new SignalboxError('bad_usage', `two plug-ins are called ${name}`);
    }
    groups.push({ ...subcommands, name });
  }
  return groups;
}

async function modulesIn(args: readonly string[], env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const glance = glanceAt(withOptions(pluginPlaceOptions()), args);
  const given = glance.getOptionValue('plugin') ?? (env.SIGNALBOX_PLUGINS ? names(env.SIGNALBOX_PLUGINS) : undefined);
  const path = glance.getOptionValue('config') ?? env.SIGNALBOX_CONFIG;
  if (given || !path) return given ?? [];
  const { openConfig } = await import('../config/config-values.ts');
  const file = openConfig(path);
  const modules = modulesOf(file);
  file.check();
  return modules;
}

function withOptions(options: readonly Option[]): Command {
  const command = new Command();
  for (const option of options) command.addOption(option);
  return command;
}
