import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SignalboxError } from '../../../schemas/errors.ts';
import { checkPlugin, type Plugin } from '../../plugin/define-plugin.ts';
import { startTimeout } from '../../timer.ts';
import { untilAborted } from '../../until-aborted.ts';
import { guardExit, type UnwantedExit } from './exit-guard.ts';
import { EntryNotFound, entryOf, type PluginFiles, resolveForPlugins } from './running-program.ts';

/** Maximum time to load a module, which may await at its top level. */
const loadMs = 30_000;

/** A plug-in and where it came from. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  /** A package, or the absolute path of a file: with it another process in the same folder loads the same plug-in. */
  readonly module: string;
}

/** `./x.ts`, `../x.ts`, `/x.ts`; anything else is a package. */
const isPath = (module: string): boolean => /^\.{0,2}(?:\/|$)/.test(module);

/** A path relative to `folder` as an absolute one; a package as it is. */
export const absoluteModule = (module: string, folder: string): string =>
  isPath(module) ? resolve(folder, module) : module;

/** Loads plug-ins into this process; packages are resolved from its working folder. */
export class PluginLoader {
  private readonly folder: string;
  private readonly signal: AbortSignal | undefined;
  private readonly files: PluginFiles;
  /** Names of plug-ins, by entry. */
  private readonly owners = new Map<string, string>();

  /** @param signal stops waiting for a module. */
  constructor(folder: string, signal?: AbortSignal) {
    this.folder = folder;
    this.signal = signal;
    this.files = resolveForPlugins(pathToFileURL(join(folder, '/')));
  }

  /** The plug-in of the first file in a stack trace that belongs to one. */
  ownerOf(stack: string): string | undefined {
    const urls = stack.match(/(?:file|node):[^\s()]+?(?=:\d+:\d+)/g) ?? [];
    const owners = urls.map((url) => this.owners.get(this.files.get(url) ?? ''));
    return owners.find((owner) => owner !== undefined);
  }

  /** @throws SignalboxError `bad_usage`, in one sentence that names the module. */
  async load(given: string): Promise<LoadedPlugin> {
    const module = absoluteModule(given, this.folder);
    try {
      if (isPath(given)) checkFile(module);
      const entry = isPath(given) ? pathToFileURL(module).href : given;
      using timeUp = startTimeout(loadMs);
      using _guard = guardExit(() => this.unwantedExit(given));
      const { signal } = this;
      const either = signal ? AbortSignal.any([timeUp.signal, signal]) : timeUp.signal;
      const exported = await untilAborted(import(entryOf(entry)), either);
      if (!exported && signal?.aborted) throw new SignalboxError('bad_usage', 'it was interrupted');
      if (!exported) throw new SignalboxError('bad_usage', `it did not load within ${loadMs / 1000} s`);
      const isObject = typeof exported.default === 'object' && exported.default !== null;
      if (!isObject || !('apiVersion' in exported.default)) {
        throw new SignalboxError('bad_usage', 'its default export is not a plug-in made by definePlugin');
      }
      checkPlugin(exported.default);
      this.owners.set(entry, exported.default.name);
      return { plugin: exported.default, module };
    } catch (error) {
      throw new SignalboxError('bad_usage', `plug-in ${given} cannot be loaded: ${this.why(given, error)}`, {
        cause: error,
      });
    }
  }

  private unwantedExit(given: string): UnwantedExit | undefined {
    if (this.signal?.aborted) return undefined;
    return { sentence: `plug-in ${given} cannot be loaded: it ends the process`, exitCode: 2 };
  }

  private why(given: string, error: unknown): string {
    if (!(error instanceof EntryNotFound)) return sentenceOf(error);
    if (given.startsWith('file:')) return 'there is no such file';
    const isFile = statSync(resolve(this.folder, given), { throwIfNoEntry: false })?.isFile();
    return `no such package is installed in ${this.folder}${isFile ? `; for the file write ./${given}` : ''}`;
  }
}

function checkFile(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new SignalboxError('bad_usage', 'there is no such file');
  if (stat.isDirectory()) throw new SignalboxError('bad_usage', 'it is a folder; give the file in it');
  if (!stat.isFile()) throw new SignalboxError('bad_usage', 'it is not a file');
}

/** In one line, with the position of a syntax error if Node reports it. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return `it throws ${String(error)}`;
  // The entry itself is not imported from a file.
  const text = error.message
    .replaceAll(/\s+/g, ' ')
    .replace(/ imported from \S*\/_$/, '')
    .slice(0, 300);
  const [place = ''] = error.stack?.split('\n') ?? [];
  return error instanceof SyntaxError && /:\d+$/.test(place) ? `${text} (${place.replace(/^file:\/\//, '')})` : text;
}
