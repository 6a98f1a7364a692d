/** Builds, except for `npx signalbox` in a checkout: npm then links the checkout into its cache, where the build is present. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../dist/src/bin.js', import.meta.url));
const isForNpx = process.env.npm_command === 'exec' && existsSync(built);
if (!isForNpx) execFileSync('npm', ['run', 'build'], { stdio: 'inherit' });
