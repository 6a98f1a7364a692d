import { expect, test } from 'vitest';
import { run } from '../../src/index.ts';
import { describeDryRun } from '../../src/shell/output/describe-dry-run.ts';
import { openScene } from '../support/in-process-shell.ts';

test('--dry-run shows where a command would go and with which arguments, and sends nothing', async () => {
  await using scene = await openScene({ clients: ['w1', 'w2', 'db1'] });
  await scene.run('@all,!w2 calculate 2s "hello box" --timeout 1m --dry-run', '@w1 terminate --dry-run');
  expect(scene.said('dry-run')).toMatchObject([
    { command: 'calculate', args: { seconds: 2, message: 'hello box' }, clients: ['db1', 'w1'], timeoutMs: 60_000 },
    { command: 'terminate', args: {}, clients: ['w1'] },
  ]);
  expect(await scene.server.list()).toEqual([]);
});

test.each([
  ['@w9 ping --dry-run', 'no_such_target'],
  ['calculate soon x --dry-run', 'bad_arguments'],
])('%s is refused as it is without --dry-run', async (line, code) => {
  await using scene = await openScene();
  await scene.run(line);
  expect(scene.said('error')).toMatchObject([{ code }]);
});

test('text shows it in a line, without the arguments that the audit omits', () => {
  const args = { argv: ['ls', '-l'], env: ['SECRET=1'] };
  const [text] = describeDryRun(run, args, ['w1', 'w2'], { expiresInMs: 1_000, timeoutMs: 60_000 });
  expect(text).toBe(
    'would be sent to w[1-2] (2 clients): run --env SECRET ls -l, expires in 1.0 s, times out after 1 m 00 s',
  );
});
