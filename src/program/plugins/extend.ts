import { Command } from 'commander';
import { SignalboxError } from '../../../schemas/errors.ts';
import type { Extension } from '../cli.ts';
import type { Section } from '../config/config-file.ts';
import type { ConfiguredNotify } from '../config/notify-of.ts';
import { modulesOf, optionsIn } from '../config/plugins-of.ts';
import type { ConfiguredRoles } from '../config/roles-of.ts';
import { secretsIn } from '../config/secrets-of.ts';
import type { ConfiguredStanding } from '../config/standing-of.ts';
import { clientOptions, serverOptions } from '../options/programs.ts';
import { names } from '../options/values.ts';
import type { ConfiguredSecrets } from '../secrets.ts';
import { ownSubcommands } from '../subcommands/own.ts';
import { type GivenPlugins, givenPlugins, handedVariable, type OptionsByPlugin } from './given-plugins.ts';
import { type LoadedPlugin, PluginLoader } from './load.ts';
import { optionsOf, type PluginOption } from './option-flags.ts';

/**
 * Before the arguments of a subcommand are parsed: reads its configuration, loads its plug-ins, and adds their options to
 * it. Problems of plug-ins are thrown at their setup, so that help works without them.
 */
export async function extend(
  command: Command,
  args: readonly string[],
  {
    env,
    folder,
    switchedOff,
    signal,
  }: {
    env: NodeJS.ProcessEnv;
    folder: string;
    switchedOff: readonly string[];
    /** Ends the wait for a plug-in. */
    signal?: AbortSignal;
  },
): Promise<Extension> {
  const takesPlugins = command.options.some(({ long }) => long === '--plugin');
  const loaded: LoadedPlugin[] = [];
  const added: PluginOption[] = [];
  let loader: PluginLoader | undefined;
  let handed: OptionsByPlugin = {};
  let values: ReadonlyMap<string, unknown> = new Map();
  let inFile: OptionsByPlugin = {};
  let secrets: ConfiguredSecrets | undefined;
  let standing: ConfiguredStanding | undefined;
  let roles: ConfiguredRoles | undefined;
  let notify: ConfiguredNotify | undefined;
  let failure: SignalboxError | undefined;
  try {
    const glance = glanceAt(command, args);
    const takesConfig = command.options.some(({ long }) => long === '--config');
    const path = takesConfig ? (glance.getOptionValue('config') ?? env.SIGNALBOX_CONFIG) : undefined;
    const config = path === undefined ? undefined : await import('../config/config-values.ts');
    const file = config?.openConfig(path);
    if (config && file) {
      const sections = {
        server: config.valuesOf(file, ['server'], serverOptions()),
        client: config.valuesOf(file, ['client'], clientOptions()),
      };
      const own = ownSectionOf(command);
      if (own) values = config.valuesOf(file, own, command.options);
      else values = command.name() === 'client' ? sections.client : sections.server;
    }
    file?.check();
    handed = handedOptions(env);
    const given =
      glance.getOptionValue('plugin') ??
      (env.SIGNALBOX_PLUGINS === undefined ? undefined : names(env.SIGNALBOX_PLUGINS));
    const modules: readonly string[] = takesPlugins ? (given ?? (file ? modulesOf(file) : [])) : [];
    for (const module of modules) {
      loader ??= new PluginLoader(folder, signal);
      const one = await loader.load(module);
      const { name } = one.plugin;
      if (loaded.some(({ plugin }) => plugin.name === name)) {
        throw new SignalboxError('bad_usage', `two plug-ins are called ${name}`);
      }
      loaded.push(one);
      for (const option of optionsOf(one.plugin)) {
        checkNew(command, option);
        command.addOption(option.option);
        added.push(option);
      }
    }
    if (file) inFile = optionsIn(file, loaded);
    if (file && command.name() === 'server') {
      notify = (await import('../config/notify-of.ts')).notifyIn(
        file,
        loaded.map(({ plugin }) => plugin),
      );
    }
    file?.check();
    if (file?.config.secrets) secrets = secretsIn(file);
    if (file && command.name() === 'server') {
      standing = (await import('../config/standing-of.ts')).standingIn(file);
      roles = (await import('../config/roles-of.ts')).rolesIn(file);
    }
  } catch (error) {
    failure = SignalboxError.from(error, 'bad_usage');
    command.allowUnknownOption().allowExcessArguments();
  }
  return {
    apply(parsed) {
      if (failure && !takesPlugins) throw failure;
      for (const [key, value] of values) {
        const source = parsed.getOptionValueSource(key);
        const isFree = source === undefined || source === 'default';
        if (isFree && !switchedOff.includes(key)) parsed.setOptionValueWithSource(key, value, 'config');
      }
      if (secrets) parsed.setOptionValue('secrets', secrets);
      if (standing) parsed.setOptionValue('standing', standing);
      if (roles) parsed.setOptionValue('roles', roles);
      if (notify) parsed.setOptionValue('notify', notify);
      const options: Record<string, Record<string, unknown>> = {};
      const take = (plugin: string, fields: Readonly<Record<string, unknown>>) => {
        options[plugin] = { ...options[plugin], ...fields };
      };
      for (const [plugin, fields] of Object.entries(inFile)) take(plugin, fields);
      for (const { plugin, field, option } of added) {
        const value = parsed.getOptionValue(option.attributeName());
        if (value !== undefined) take(plugin, { [field]: value });
      }
      for (const [plugin, fields] of Object.entries(handed)) take(plugin, fields);
      if (loaded.length === 0 && !failure) return;
      const ownerOf = (stack: string) => loader?.ownerOf(stack);
      const given: GivenPlugins = givenPlugins(loaded, options, { failure, ownerOf });
      parsed.setOptionValue('plugins', given);
    },
  };
}

/** The section of a subcommand of the project's own plug-ins. */
function ownSectionOf(command: Command): Section | undefined {
  const group = ownSubcommands.find(({ name }) => name === command.parent?.name());
  return group && [group.name, command.name()];
}

/** @throws SignalboxError `bad_usage` if the variable was not written by a server. */
function handedOptions(env: NodeJS.ProcessEnv): OptionsByPlugin {
  const refused = () =>
    new SignalboxError('bad_usage', `${handedVariable} is not a JSON object; only a server sets it`);
  const isMap = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  let options: unknown;
  try {
    options = JSON.parse(env[handedVariable] ?? '{}');
  } catch {
    throw refused();
  }
  if (!isMap(options) || !Object.values(options as object).every(isMap)) throw refused();
  return options as OptionsByPlugin;
}

/** Parses the command line without the options of plug-ins, which are not known yet. */
export function glanceAt(command: Command, args: readonly string[]): Command {
  const glance = new Command()
    .exitOverride()
    .configureOutput({ writeErr() {} })
    .allowUnknownOption();
  for (const option of command.options) glance.addOption(option);
  try {
    glance.parseOptions([...args]);
  } catch {
    // Reported when the arguments are parsed.
  }
  return glance;
}

function checkNew(command: Command, { plugin, option }: PluginOption): void {
  const taken = command.options.find(
    (one) => one.long === option.long || one.envVar === option.envVar || one.attributeName() === option.attributeName(),
  );
  const isReserved =
    option.envVar === handedVariable ||
    ['plugins', 'secrets', 'standing', 'roles', 'notify'].includes(option.attributeName());
  if (taken || isReserved) {
    throw new SignalboxError('bad_usage', `plug-in ${plugin}: ${command.name()} already has an option ${option.long}`);
  }
}
