import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { ownEngineTest } from './support/engine-test.ts';
import { OwnEngine } from './support/own-engine.ts';
import { tinyImage } from './support/tiny-image.ts';

// It lists all containers of its engine: no other test may have one there.
ownEngineTest('the program with containers runs one, inspects a service, and ends it', async () => {
  await using own = await OwnEngine.start();
  const { stdout } = await promisify(execFile)(process.execPath, ['examples/containers/embed.ts', tinyImage], {
    env: { ...process.env, ...own.environment },
  });
  expect(stdout.trimEnd().split('\n')).toEqual([
    'hello from root',
    'failed: exit code 3, out of memory: false',
    `[ '${tinyImage} is running' ]`,
    'the service is cancelled',
  ]);
});
