import { registerHooks } from 'node:module';
import { extname } from 'node:path';
import { systemCode } from '../../process/system-error.ts';

/** The running program is `.ts` files from a checkout, or `.js` files from `dist/`. */
const extension = extname(new URL(import.meta.url).pathname);
const own: Readonly<Record<string, string>> = {
  signalbox: `../../index${extension}`,
  'signalbox/schemas': `../../../schemas/index${extension}`,
  'signalbox/process': `../../process/index${extension}`,
  'signalbox/check': `../../plugins/check/plugin${extension}`,
  'signalbox/container': `../../plugins/container/plugin${extension}`,
  'signalbox/postgres': `../../plugins/postgres/postgres-store${extension}`,
  'signalbox/workflows': `../../workflow/library${extension}`,
  'signalbox/store-contract': `../../store/contract/store-contract${extension}`,
};
const ownModule = (path: string) => ({ url: new URL(path, import.meta.url).href, shortCircuit: true });
const entry = 'signalbox-plugin:';

/** The specifier to import for a plug-in: the URL of its file, or a package, which is resolved from the working folder. */
export const entryOf = (urlOrPackage: string): string => `${entry}${urlOrPackage}`;

/** The entry (URL or package) of the plug-in, by the URL of each of its files. */
export type PluginFiles = Map<string, string>;

/** The entry of a plug-in was not found. */
export class EntryNotFound extends Error {}

/**
 * From now on `signalbox` and its subpaths resolve to this program for every import, so that a plug-in shares its classes
 * even if another copy is installed next to it. `zod` also resolves to the copy of this program, for files of plug-ins and if no other copy is found.
 */
export function resolveForPlugins(folder: URL): PluginFiles {
  const parentURL = new URL('_', folder).href;
  const plugins: PluginFiles = new Map();
  registerHooks({
    resolve(specifier, context, next) {
      const ownPath = own[specifier];
      // `require` accepts no URL, so the next resolver is not called.
      if (ownPath !== undefined) return ownModule(ownPath);
      if (specifier.startsWith(entry)) {
        const plugin = specifier.slice(entry.length);
        try {
          const ours = own[plugin];
          const found = ours === undefined ? next(plugin, { ...context, parentURL }) : ownModule(ours);
          plugins.set(found.url, plugin);
          return found;
        } catch (cause) {
          if (systemCode(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause;
          throw new EntryNotFound('there is no such module', { cause });
        }
      }
      const plugin = plugins.get(context.parentURL ?? '');
      if (specifier === 'zod' || specifier.startsWith('zod/')) {
        // Even for `require`, use the module that this program has imported: the CommonJS build of zod has separate classes.
        const ours = () => ({ url: import.meta.resolve(specifier), shortCircuit: true });
        if (plugin !== undefined) return ours();
        try {
          return next(specifier, context);
        } catch {
          return ours();
        }
      }
      const found = next(specifier, context);
      // A module that a plug-in imports by path, or from its own package, belongs to the plug-in.
      if (plugin !== undefined && /^(?:[./#]|file:)/.test(specifier)) plugins.set(found.url, plugin);
      return found;
    },
  });
  return plugins;
}
