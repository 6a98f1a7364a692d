import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ground, table } from '../../scripts/borders/table.ts';
import { violationsOf } from '../../scripts/borders/violations.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'signalbox-borders-'));
  const needed = ['src', 'schemas', 'scripts', 'man', 'biome.json', 'package.json', '.gitignore'];
  for (const name of needed) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true }));

/** What `npm run check` says of a copy of the source where `file` has one more line; undefined where it passes. */
async function checkWith(file: string, line: string): Promise<string | undefined> {
  const path = join(copy, file);
  const before = readIfThere(path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${line}\n${before ?? ''}`);
  try {
    await run('npm', ['run', '--silent', 'check'], { cwd: copy });
    return undefined;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return stdout + stderr;
  } finally {
    if (before === undefined) rmSync(path);
    else writeFileSync(path, before);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

test('npm run check fails where a file crosses a border', async () => {
  await expect(checkWith('src/jobs/job-table.ts', "import '../wire/codec.ts';")).resolves.toContain(
    'src/jobs/job-table.ts',
  );
});

test('npm run check fails at an import cycle, of types too', async () => {
  const said = await checkWith('src/clock.ts', "export type { Throttle } from './throttle.ts';");
  expect(said).toContain('noImportCycles');
  expect(said).toContain('src/clock.ts');
});

test.each([
  ['src/jobs/a.ts', "import '../clock.ts';"],
  ['src/jobs/a.ts', "import { setTimeout } from 'node:timers';"],
  ['src/jobs/a.ts', "import type { A } from '../server/server.ts';"],
  ['src/jobs/a.ts', "export { a } from './../wire/codec.ts';"],
  ['src/jobs/a.ts', "type A = import('../wire/codec.ts').A;"],
  ['src/plugin/a.ts', "import '../shell/shell.ts';"],
  ['src/plugin/a.ts', "import '../server/server.ts';"],
  ['src/observe/log/a.ts', "import '../../shell/shell.ts';"],
  ['src/observe/log/a.ts', "import '../../jobs/events.ts';"],
  ['src/observe/log/a.ts', "import '../../server/server.ts';"],
  ['src/observe/log/a.ts', "import { createClient } from '../../client/api.ts';"],
  ['src/shell/a.ts', "import '../jobs/events.ts';"],
  ['src/shell/a.ts', "import '../client/client.ts';"],
  ['src/shell/a.ts', "import '../wire/codec.ts';"],
  ['src/shell/a.ts', "import '../index.ts';"],
  ['src/shell/a.ts', "await import('../program/server-command.ts');"],
  ['src/shell/a.ts', "import 'pino';"],
  ['src/shell/a.ts', 'await import(`../wire/codec.ts`);'],
  ['src/load-some.ts', "await import(new URL('./wire/codec.ts', import.meta.url).href);"],
  ['src/host/a.ts', "import '../shell/output/output.ts';"],
  ['src/process/a.ts', "import '../wire/codec.ts';"],
  ['src/process/a.ts', "import '../clock.ts';"],
  ['src/process/a.ts', "import 'zod';"],
  ['src/client/a.ts', "import '../server/server.ts';"],
  ['src/client/a.ts', "import 'zeromq';"],
  ['src/server/sessions/a.ts', "import '../../client/client.ts';"],
  ['src/server/sessions/a.ts', "import 'zeromq/draft';"],
  ['src/wire/a.ts', "import '../server/server.ts';"],
  ['src/keys/a.ts', "import '../server/server.ts';"],
  ['src/clock.ts', "import './wire/codec.ts';"],
  ['src/clock.ts', "import './main.ts';"],
  ['src/index.ts', "import './shell/shell.ts';"],
  ['src/program/a.ts', "import 'zeromq';"],
  ['src/program/a.ts', "import '../../test/no-leaks.ts';"],
  ['src/a/b.ts', ''],
  ['src/newfolder/new.ts', "import '../clock.ts';"],
  ['src/shell/parse/parse.ts', "import '../../server/server.ts';"],
  ['schemas/a.ts', "import '../src/clock.ts';"],
  ['schemas/commands/a.ts', "import 'node:fs';"],
  ['schemas/api/v1/a.ts', "import 'xstate';"],
])('no border lets %s say %s', (file, line) => {
  expect(violationsOf(file, line)).toHaveLength(1);
});

test.each([
  ['src/jobs/a.ts', "import { KeptOutput } from '../kept-output.ts'; import type { A } from '../../schemas/index.ts';"],
  ['src/observe/log/a.ts', "import type { ClientEvent } from '../../client/api.ts'; import 'node:fs'; import 'pino';"],
  ['src/server/sessions/a.ts', "import './b.ts'; import '../clients/roster.ts'; import '../../jobs/job-table.ts';"],
  ['src/wire/a.ts', "import { Dealer } from 'zeromq'; import '../clock.ts'; import '../process/timer.ts';"],
  ['src/bin.ts', "void import('./main.ts');"],
  ['src/load-modules.ts', 'await import(new URL(file, folder).href);'],
  ['schemas/commands/a.ts', "import 'zod/v4'; import '../limits.ts';"],
])('the borders let %s say %s', (file, line) => {
  expect(violationsOf(file, line)).toStrictEqual([]);
});

/** Whoever may import it says so: it has no row. */
const isFileOfSrc = (place: string): boolean => /^src\/[^/]+\.ts$/.test(place);

/** The place that has a row: a file belongs to that of the nearest folder that has one. */
function placeOf(one: string): string {
  const hasRow = table.some(({ place }) => place === one);
  return hasRow || !one.includes('/') ? one : placeOf(dirname(one));
}

test('a place imports only places above it in the table, and each place has one row', () => {
  const above: string[] = [];
  for (const { place, imports } of table) {
    const places = imports.flatMap((one) => (one === 'ground' ? ground : [one]));
    expect(above).toEqual(expect.arrayContaining(places.filter((one) => !isFileOfSrc(one)).map(placeOf)));
    expect(above).not.toContain(place);
    above.push(place);
  }
});
