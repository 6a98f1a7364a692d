// Preloaded (`node --import`): at exit it writes the loaded CommonJS modules to $LOADED.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { cache } = createRequire(import.meta.url);
process.once('exit', () => {
  if (process.env.LOADED !== undefined) writeFileSync(process.env.LOADED, Object.keys(cache).join('\n'));
});
