/**
 * Writes schemas/config.schema.json, with which editors check and complete a configuration.
 *
 *   node scripts/config-schema.ts           rewrites the file
 *   node scripts/config-schema.ts --check   exits with 1 if it is not up to date
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { configSchema } from '../schemas/config.ts';

const file = new URL('../schemas/config.schema.json', import.meta.url);
const text = `${JSON.stringify(z.toJSONSchema(configSchema), null, 2)}\n`;
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write('schemas/config.schema.json is stale; run: npm run generate\n');
  process.exitCode = 1;
}
