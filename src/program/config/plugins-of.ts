import { nearest } from '../../nearest.ts';
import type { OptionsByPlugin } from '../plugins/given-plugins.ts';
import { absoluteModule, type LoadedPlugin } from '../plugins/load.ts';
import type { ConfigFile } from './config-file.ts';

/** The plug-ins that a configuration names: a path is relative to its file. */
export const modulesOf = ({ config, folder }: ConfigFile): string[] =>
  Object.keys(config.plugins ?? {}).map((module) => absoluteModule(module, folder));

/**
 * The options of a configuration for loaded plug-ins, by name of the plug-in. Problems are reported to `file`.
 */
export function optionsIn(file: ConfigFile, loaded: readonly LoadedPlugin[]): OptionsByPlugin {
  const options: Record<string, Record<string, unknown>> = {};
  for (const [key, fields] of Object.entries(file.config.plugins ?? {})) {
    const found = loaded.find(({ module }) => module === absoluteModule(key, file.folder));
    if (!found || fields === null) continue;
    const { name, options: schema } = found.plugin;
    options[name] = fields;
    for (const [field, value] of Object.entries(fields)) {
      const path = ['plugins', key, field];
      const known = schema?.shape[field];
      const meant = known ? undefined : nearest(field, Object.keys(schema?.shape ?? {}));
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      if (!known) file.report(path, `plug-in ${name} has no option ${field}${hint}`, { atKey: true });
      const [issue] = (known && 'safeParse' in known ? known.safeParse(value).error?.issues : undefined) ?? [];
      if (issue) file.report(path, `plug-in ${name}: option ${field}: ${issue.message}`);
    }
  }
  return options;
}
