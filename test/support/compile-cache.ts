import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ownState } from './own-state.ts';

/**
 * Programs are started from source, which takes a third of the processor time if their code is cached here. A client changes
 * flags of V8 (`src/program/lean-memory.ts`), so it compiles and writes the modules that it shares with a server each time.
 */
export const compileCache = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url)),
};

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const plugins = ['check', 'container'].flatMap((name) => ['--plugin', `signalbox/${name}`]);

/**
 * Fills an empty cache once before the tests. Otherwise each program of the first tests writes all of its modules when it
 * ends, and with several at once that takes up to 20 s.
 */
export default async function fillCompileCache(): Promise<void> {
  if (existsSync(compileCache.NODE_COMPILE_CACHE)) return;
  const env = { ...process.env, ...ownState, ...compileCache };
  await promisify(execFile)(process.execPath, [main, 'server', '--spawn', '1', ...plugins, '-c', 'start; ping'], {
    env,
  });
}
