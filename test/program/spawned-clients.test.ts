import { expect, test } from 'vitest';
import { startInShell } from '../e2e/program.ts';

test('a client that cannot be started for want of descriptors is named, and ends nothing else', async () => {
  const args = ['--spawn', '1', '--connect-timeout', '500ms', '-c', 'start'];
  await using limited = startInShell('ulimit -n 30; exec "$@"', ...args);
  expect(await limited.exitCode()).toBe(5);
  expect(limited.err.join('\n')).toMatch(/w1 could not be started: .*EMFILE/);
});
