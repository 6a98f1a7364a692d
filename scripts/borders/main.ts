/**
 * Enforces the borders of table.ts.
 *
 *   node scripts/borders/main.ts    lists every import that crosses a border; exits with 1 if there is one
 */
import { fileURLToPath } from 'node:url';
import { violations } from './violations.ts';

const found = violations(fileURLToPath(new URL('../..', import.meta.url)));
for (const violation of found) process.stderr.write(`${violation}\n`);
if (found.length > 0) {
  process.stderr.write('see the table in scripts/borders/table.ts\n');
  process.exitCode = 1;
}
