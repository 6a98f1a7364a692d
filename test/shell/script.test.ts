import { expect, test } from 'vitest';
import { runScript } from '../../src/shell/script.ts';
import { openScene } from './in-process.ts';

async function* linesOf(...lines: string[]): AsyncGenerator<string> {
  yield* lines;
}

const options = () => ({
  source: 'test',
  interrupted: new AbortController().signal,
  ended: new AbortController().signal,
  say: () => {},
  advice: () => ({ fate: 'it goes on', hint: undefined }),
});

test('a script that is not waited for to its end says how its commands for several clients stand', async () => {
  await using scene = await openScene({ clients: ['w1', 'w2'] });
  const ended = new AbortController();
  const code = runScript(scene.shell, linesOf('ping', 'calculate 600 x'), { ...options(), ended: ended.signal });
  await scene.out.until('"type":"group"');
  await scene.out.until('.2","client":"w1"');
  await scene.out.until('.2","client":"w2"');
  ended.abort();
  await code;
  expect(scene.said('group')).toMatchObject([
    { command: 'ping', clients: 2, names: { completed: ['w1', 'w2'] } },
    { command: 'calculate', clients: 2, names: { running: ['w1', 'w2'] } },
  ]);
});

test('a script waits for its jobs, and its exit code is that of the worst outcome', async () => {
  await using scene = await openScene();
  const code = await runScript(scene.shell, linesOf('ping', 'calculate 600 x --timeout 10ms', 'ping'), options());
  expect(code).toBe(5);
  expect(scene.said('result').map(({ outcome }) => outcome)).toContain('failed');
});
