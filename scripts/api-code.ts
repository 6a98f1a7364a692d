/**
 * Generates code from the .proto files in schemas/api: a module and its types next to each, and
 * schemas/api/signalbox.binpb, the descriptor set for grpcurl and buf.
 *
 *   node scripts/api-code.ts           rewrites the files
 *   node scripts/api-code.ts --check   exits with 1 if they are not up to date
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'schemas/api');
const descriptors = 'signalbox.binpb';
const plugin = [process.execPath, join(root, 'node_modules/.bin/protoc-gen-es')];
const template = {
  version: 'v2',
  plugins: [{ local: plugin, out: '.', opt: ['target=js+dts', 'import_extension=js'] }],
};

const buf = (...args: string[]): void => {
  execFileSync(join(root, 'node_modules/.bin/buf'), args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
};

/** Generated files by path, sorted. */
const generatedIn = (at: string): Map<string, Buffer> =>
  new Map(
    readdirSync(at, { recursive: true, withFileTypes: true })
      .filter(({ name }) => /_pb\.(js|d\.ts)$/.test(name) || name === descriptors)
      .map(({ parentPath, name }) => relative(at, join(parentPath, name)))
      .toSorted()
      .map((path) => [path, readFileSync(join(at, path))]),
  );

const made = mkdtempSync(join(tmpdir(), 'signalbox-api-'));
try {
  buf('build', '-o', join(made, descriptors));
  buf('generate', '--template', JSON.stringify(template), '-o', made);
  const wanted = generatedIn(made);
  const found = generatedIn(folder);
  const stale = [...new Set([...wanted.keys(), ...found.keys()])].filter(
    (path) => !wanted.has(path) || !found.get(path)?.equals(wanted.get(path) ?? Buffer.of()),
  );
  if (!process.argv.includes('--check')) {
    for (const path of found.keys()) if (!wanted.has(path)) rmSync(join(folder, path));
    cpSync(made, folder, { recursive: true });
  } else if (stale.length > 0) {
    process.stderr.write(`stale in schemas/api: ${stale.join(', ')}; run: npm run generate\n`);
    process.exitCode = 1;
  }
} finally {
  rmSync(made, { recursive: true });
}
