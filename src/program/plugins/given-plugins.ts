import type { SignalboxError } from '../../../schemas/errors.ts';
import type { PluginUse } from '../../plugin/define-plugin.ts';
import { type SetUp, type SetUpOptions, setUpPlugins } from '../../plugin/set-up.ts';
import type { LoadedPlugin } from './load.ts';

/**
 * Environment variable with which a server passes the options of its plug-ins to the clients that it starts. Arguments
 * would be readable by everybody.
 */
export const handedVariable = 'SIGNALBOX_PLUGIN_OPTIONS';

/** The options of plug-ins, by plug-in and field. */
export type OptionsByPlugin = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The plug-ins of a subcommand, loaded but not set up. */
export interface GivenPlugins {
  /** @throws SignalboxError if one could not be loaded or set up. */
  setUp(options: SetUpOptions): Promise<SetUp>;
  /** Arguments and environment with which a client loads the same plug-ins. */
  readonly handed: { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> };
  /** The plug-in whose file is in a stack trace. */
  ownerOf(stack: string): string | undefined;
}

export function givenPlugins(
  loaded: readonly LoadedPlugin[],
  options: OptionsByPlugin,
  { failure, ownerOf }: { failure: SignalboxError | undefined; ownerOf: GivenPlugins['ownerOf'] },
): GivenPlugins {
  return {
    async setUp(setUpOptions) {
      if (failure) throw failure;
      const uses = loaded.map(({ plugin }): PluginUse => ({ plugin, options: options[plugin.name] ?? {} }));
      return await setUpPlugins(uses, setUpOptions);
    },
    handed: {
      args: loaded.flatMap(({ module }) => ['--plugin', module]),
      env: { [handedVariable]: JSON.stringify(options) },
    },
    ownerOf,
  };
}
