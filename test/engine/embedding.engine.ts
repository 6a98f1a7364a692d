import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { tinyImage } from './support/tiny-image.ts';

engineTest('the program with containers runs one, looks at a service, and ends it', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['examples/containers/embed.ts', tinyImage], {
    env: { ...process.env, ...engine.environment },
  });
  expect(stdout.trimEnd().split('\n')).toEqual([
    'hello from root',
    'failed: exit code 3, out of memory: false',
    `[ '${tinyImage} is running' ]`,
    'the service is cancelled',
  ]);
});
