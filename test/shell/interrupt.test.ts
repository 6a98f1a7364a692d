import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { Interceptor } from '../../src/index.ts';
import { openScene } from '../support/in-process-shell.ts';

test.each(['wait', 'sleep 1h', 'logs -f 1', 'expect completed calculate 600 y', 'wait --clients 9'])(
  'the end of the program ends %s, without an error',
  async (line) => {
    await using scene = await openScene();
    await scene.run('calculate 600 x');
    const ran = scene.run(line);
    if (line.startsWith('expect')) await scene.out.until('.2","number":2,"client":"w1"');
    scene.end.abort(130);
    await ran;
    expect(scene.said('error')).toEqual([]);
    expect(scene.shell.halt.aborted).toBe(true);
  },
);

test('nothing is sent after the end of the program', async () => {
  await using scene = await openScene();
  scene.end.abort(130);
  await scene.run('ping');
  expect(await scene.server.list()).toEqual([]);
});

/** Waits for clients that do not come, as the program does. An end is not an error, whoever requested it. */
function neverReady() {
  const asked = Promise.withResolvers<void>();
  const clientsReady = async (signal: AbortSignal) => {
    asked.resolve();
    if (!signal.aborted) await once(signal, 'abort');
  };
  return { asked: asked.promise, clientsReady };
}

test('an end during the wait for clients sends nothing to those already connected', async () => {
  const { asked, clientsReady } = neverReady();
  await using scene = await openScene({ clientsReady });
  const ran = scene.run('ping');
  await asked;
  scene.end.abort(130);
  await ran;
  expect(await scene.server.list()).toEqual([]);
  expect(scene.said('error')).toEqual([]);
});

test('wait --timeout also counts during the wait for the first clients', async () => {
  await using scene = await openScene({ clientsReady: neverReady().clientsReady });
  await scene.run('wait --timeout 20ms');
  expect(scene.said('error')).toMatchObject([{ code: 'timed_out' }]);
  expect(scene.shell.tally.exitCode).toBe(5);
});

test('an interrupt at the prompt ends the wait, and the next line is carried out', async () => {
  await using scene = await openScene({ atPrompt: true });
  const interrupt = new AbortController();
  const waiting = scene.shell.run({ source: 'prompt', line: 1, text: 'calculate 600 x; wait; ping' }, interrupt.signal);
  await scene.out.until('"accepted"');
  interrupt.abort();
  await waiting;
  await scene.run('ping');
  await scene.out.until('"result"');
  expect((await scene.server.list()).map(({ command, state }) => [command, state])).toEqual([
    ['ping', 'settled'],
    ['calculate', 'accepted'],
  ]);
});

test.each([
  ['clients', 'clients'],
  ['jobs', 'list'],
  ['logs 1', 'history'],
  ['logs 1', 'output'],
  ['cancel 1', 'list'],
  ['cancel 1', 'cancel'],
  ['signal 1 TERM', 'list'],
  ['wait 1', 'history'],
  ['wait', 'list'],
  ['wait --clients 9', 'waitForClients'],
  ['use w1', 'resolve'],
  ['ping; ping', 'resolve'],
  ['ping', 'submit'],
  ['expect completed ping', 'submit'],
])('an interrupt ends %s without an error, also while %s has no answer', async (line, method) => {
  let isHeld = false;
  const asked = Promise.withResolvers<void>();
  const hold: Interceptor = (call, next) => {
    if (!isHeld || call.method !== method) return next(call);
    asked.resolve();
    return new Promise(() => {});
  };
  await using scene = await openScene({ atPrompt: true, interceptors: [hold] });
  await scene.run('calculate 600 x');
  isHeld = true;
  const interrupt = new AbortController();
  const ran = scene.shell.run({ source: 'prompt', line: 2, text: line }, interrupt.signal);
  await asked.promise;
  interrupt.abort();
  await ran;
  expect(scene.said('error')).toEqual([]);
  expect(scene.said('result')).toEqual([]);
});
