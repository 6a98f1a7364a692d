import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chart } from './chart.ts';
import type { Result } from './result.ts';

const root = new URL('../../../', import.meta.url);

/** Writes a result to docs/bench.json, docs/bench.svg, docs/performance.md and README.md. */
export function writeResult(result: Result): void {
  writeFileSync(new URL('docs/bench.json', root), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(new URL('docs/bench.svg', root), chart(result));
  execFileSync(process.execPath, ['scripts/readme.ts'], { cwd: fileURLToPath(root), stdio: 'inherit' });
}
