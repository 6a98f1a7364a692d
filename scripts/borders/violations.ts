import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize, relative } from 'node:path';
import { computed, type Import, importsOf } from './imports.ts';
import { ground, type Row, rights, table } from './table.ts';

const rows = new Map(table.map((row) => [row.place, row]));

/** Imports of a checkout that violate the table, one sentence each. */
export function violations(root: string): string[] {
  return ['schemas', 'src'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .toSorted()
      .flatMap((file) => violationsOf(file, readFileSync(join(root, file), 'utf8'))),
  );
}

export function violationsOf(file: string, source: string): string[] {
  const row = rows.get(placeOf(file) ?? '');
  if (!row) return [`${file}: the table has no row for ${dirname(file)}`];
  return importsOf(file, source)
    .filter((one) => !isAllowed(row, file, one))
    .map(({ specifier, line }) => `${file}:${line} imports ${specifier}; ${row.place} may import ${rights(row)}`);
}

/** The row that applies to a file. */
function placeOf(file: string): string | undefined {
  const [top = '', folder = '', ...rest] = file.split('/');
  // Each plug-in is a separate place.
  const inSrc = folder === 'plugins' ? `src/plugins/${rest[0]}` : `src/${folder}`;
  const candidates = top === 'src' ? [file, rest.length > 0 ? inSrc : 'src/*.ts'] : [`${top}/${folder}`, top];
  return candidates.find((place) => rows.has(place));
}

function isAllowed(row: Row, file: string, { specifier, isType }: Import): boolean {
  if (specifier === computed) return !!row.loaders?.includes(file);
  if (isBuiltin(specifier)) return row.node !== false;
  if (!specifier.startsWith('.')) return row.packages.includes(packageOf(specifier));
  const target = normalize(join(dirname(file), specifier));
  const place = placeOf(target);
  if (place === undefined) return false;
  if (place === row.place) return true;
  if (isType && row.types?.includes(target)) return true;
  const imports = row.imports.flatMap((one) => (one === 'ground' ? ground : [one]));
  return imports.includes(place) || imports.includes(target);
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
