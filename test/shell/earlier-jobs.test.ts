import { expect, test } from 'vitest';
import type { Interceptor } from '../../src/index.ts';
import { openScene, type Scene } from '../support/in-process-shell.ts';
import { ScriptedStore } from '../support/scripted-store.ts';

/** A server over a store in which an earlier server, which has ended, completed `calculate 0 old`. */
async function afterAnother(options: Parameters<typeof openScene>[0] = {}): Promise<Scene & { oldId: string }> {
  const store = new ScriptedStore();
  const before = await openScene({ store });
  await before.run('calculate 0 old', 'wait');
  const [old] = await before.server.list();
  await before[Symbol.asyncDispose]();
  return Object.assign(await openScene({ ...options, store: new ScriptedStore(store.inner) }), {
    oldId: old?.id ?? 'none',
  });
}

const replayed = (scene: Scene) => scene.said('output').flatMap((line) => (line.replay ? [line.data] : []));

test('at the prompt a number is that of the store, also for a job of an earlier server', async () => {
  await using scene = await afterAnother({ atPrompt: true });
  await scene.run('logs 1', 'logs 1/w1', 'ping', 'wait', 'logs 2');
  expect(replayed(scene)).toEqual(['old\n', 'old\n']);
  expect(scene.said('error')).toEqual([]);
  expect(scene.said('result')).toMatchObject([{ number: 2, command: 'ping' }]);
});

test('in a script a number counts its own commands, and one with a percent sign is that of the store', async () => {
  await using scene = await afterAnother();
  await scene.run('calculate 0 new', 'wait', 'logs 1', 'logs %1', 'logs %2/w1', `logs ${scene.oldId}`);
  expect(replayed(scene)).toEqual(['new\n', 'old\n', 'new\n', 'old\n']);
  expect(scene.said('error')).toEqual([]);
});

test.each([
  'logs 9',
  'logs 1/w9',
  'logs 1/w1/w1',
  'cancel 1/w1/',
  'wait 9',
  'cancel 9',
  'signal 9 TERM',
  'logs aaaaaaaaaaaa.9',
  'logs nobody',
])('%s: a job that the store does not have is named', async (line) => {
  await using scene = await afterAnother({ atPrompt: true });
  await scene.run(line);
  expect(scene.said('error')).toMatchObject([
    { code: 'no_such_job', message: `there is no job '${line.split(' ')[1]}'` },
  ]);
});

test.each([
  [true, 'jobs lists the numbers'],
  [false, 'jobs lists the numbers; %7 is job 7 of the server'],
])('a name that was given elsewhere is explained, at a prompt: %s', async (atPrompt, numbered) => {
  await using scene = await afterAnother({ atPrompt });
  await scene.run('logs long/w1');
  const hint = `a name is known only in the script or at the prompt that gave it with --as; ${numbered}`;
  expect(scene.said('error')).toMatchObject([{ code: 'no_such_job', hint }]);
});

test('running jobs can be cancelled and signalled while the store cannot be read', async () => {
  const deaf: Interceptor = (call, next) => (call.method === 'history' ? new Promise(() => {}) : next(call));
  await using scene = await openScene({ interceptors: [deaf] });
  await scene.run('calculate 600 x', 'cancel 1');
  await scene.out.until('"outcome":"cancelled"');
  expect(scene.said('error')).toEqual([]);
});
