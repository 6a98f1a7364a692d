/** Copies generated modules of schemas/api, which tsc does not copy, to dist/. Part of `npm run build`. */
import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
cpSync(at('../schemas/api'), at('../dist/schemas/api'), {
  recursive: true,
  filter: (path) => !/\.[^/]*$/.test(path) || /_pb\.(js|d\.ts)$/.test(path),
});
