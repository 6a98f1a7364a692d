import { expect, test } from 'vitest';
import { ChildProgram, main } from '../e2e/program.ts';

test('a client that cannot be started for want of descriptors is named, and ends nothing else', async () => {
  await using limited = new ChildProgram('sh', [
    '-c',
    'ulimit -n 30; exec "$@"',
    'sh',
    process.execPath,
    main,
    'server',
    '--spawn',
    '1',
    '--connect-timeout',
    '500ms',
    '-c',
    'start',
  ]);
  expect(await limited.exitCode()).toBe(5);
  expect(limited.err.join('\n')).toMatch(/w1 could not be started: .*EMFILE/);
});
