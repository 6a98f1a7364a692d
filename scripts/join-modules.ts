/**
 * Joins the modules that `attach` and `complete` load into a few files of dist/: finding and reading a module takes half a
 * millisecond, and there are three hundred. Part of `npm run build`.
 *
 * Modules that main.js has already loaded stay where they are, so that no module exists twice: `instanceof SignalboxError`
 * works on both sides.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputChunk, type Plugin, type RenderedChunk, rolldown } from 'rolldown';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const src = join(dist, 'src');
const packages = fileURLToPath(new URL('../node_modules', import.meta.url));
/** Joined modules that keep their path, because they are loaded by it. The others move to `joined/`. */
const entries = ['program/attach/attach-command', 'program/completion/completion-command', 'remote/checked-args'];
/** All other packages are loaded unchanged. */
const joinedPackages = ['@bufbuild/protobuf', 'zod'];

const moduleAt = (name: string): string => join(src, `${name}.js`);
const isPackage = (id: string): boolean => /^[@\w]/.test(id);
const isJoined = (id: string): boolean => joinedPackages.some((name) => id === name || id.startsWith(`${name}/`));

/** The modules that a program loads before its first `import()`. */
async function loadedFirst(program: string): Promise<ReadonlySet<string>> {
  await using build = await rolldown({ input: program, platform: 'node', treeshake: false, external: isPackage });
  const { output } = await build.generate();
  const chunks = new Map(output.filter((one) => one.type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
  const modules: string[] = [];
  const take = (chunk: OutputChunk): void => {
    modules.push(...chunk.moduleIds);
    for (const name of chunk.imports) {
      const imported = chunks.get(name);
      chunks.delete(name);
      if (imported) take(imported);
    }
  };
  take(output[0]);
  return new Set(modules);
}

/** Corrects relative paths in modules that have moved. */
const samePlace: Plugin = {
  name: 'same-place',
  transform: (code, id) => code.replaceAll('import.meta.url', `importMetaUrlOf('${id}')`),
  renderChunk: (code, { fileName }) => {
    const folder = join(src, dirname(fileName));
    return code.replaceAll(
      /importMetaUrlOf\(["'](.+?)["']\)/g,
      (_, id) => `new URL('${relative(folder, id)}', import.meta.url).href`,
    );
  },
};

/** Replaces loading of all modules in a folder by imports of these modules. */
const namedContracts: Plugin = {
  name: 'named-contracts',
  load: (id) => {
    if (id !== moduleAt('remote/own-contracts')) return;
    const files = globSync(join(dist, 'schemas/commands/*.js')).sort();
    const modules = files.map((_, at) => `module${at}`);
    return `
      import { isContract } from '${join(dist, 'schemas/command.js')}';
      ${files.map((file, at) => `import * as ${modules[at]} from '${file}';`).join('\n')}
      export const ownContracts = () => [${modules}].flatMap((module) => Object.values(module).filter(isContract));
    `;
  },
};

/** Licenses of the packages in a file whose modules do not contain them. */
function licensesOf({ moduleIds }: RenderedChunk): string {
  const joined = joinedPackages.filter((name) => moduleIds.some((id) => id.startsWith(join(packages, name, '/'))));
  const files = joined.map((name) => join(packages, name, 'LICENSE')).filter((file) => existsSync(file));
  return files.map((file) => `/*! ${readFileSync(file, 'utf8')} */`).join('\n');
}

const staying = await loadedFirst(moduleAt('main'));
await using build = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, moduleAt(name)])),
  platform: 'node',
  external: (id, _, isResolved) => (isResolved ? staying.has(id) : isPackage(id) && !isJoined(id)),
  plugins: [samePlace, namedContracts],
});
await build.write({ dir: src, entryFileNames: '[name].js', chunkFileNames: 'joined/[name].js', banner: licensesOf });
