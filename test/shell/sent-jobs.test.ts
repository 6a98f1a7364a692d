import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Interceptor } from '../../src/index.ts';
import { openScene } from '../support/in-process-shell.ts';

/** Delays all events for the shell until the test releases them. */
function lateWatch() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const interceptor: Interceptor = async (call, next) => {
    if (call.method === 'watch') await promise;
    return await next(call);
  };
  return { interceptors: [interceptor], read: resolve };
}

const types = (lines: readonly { type: string }[]) => lines.map(({ type }) => type).filter((type) => type !== 'client');

test('jobs that a line waits for are shown before the line continues, also if events are read late', async () => {
  const { interceptors, read } = lateWatch();
  await using scene = await openScene({ interceptors });
  const ran = scene.run('ping', 'wait', 'use all', 'help ping');
  while ((await scene.server.list()).every(({ state }) => state !== 'settled')) await nextTurn();
  expect(types(scene.out.json)).toEqual([]);
  read();
  await ran;
  expect(types(scene.out.json)).toEqual(['accepted', 'result', 'answer']);
});

test('the tally of a script is final after all its outcomes have been shown, however many arrive in one turn', async () => {
  const clients = Array.from({ length: 5 }, (_, at) => `w${at}`);
  await using scene = await openScene({ clients });
  for (let line = 0; line < 20; line += 1) await scene.run('ping');
  await scene.shell.tally.settled();
  expect(scene.said('result')).toHaveLength(100);
  expect(scene.said('group')).toHaveLength(20);
  expect(scene.shell.sent.has({ id: 'any', client: 'w0' })).toBe(false);
});

test('a group is reported after its last outcome', async () => {
  await using scene = await openScene({ clients: ['w1', 'w2', 'w3'] });
  await scene.run('ping', 'wait');
  expect(types(scene.out.json).filter((type) => type !== 'accepted')).toEqual(['result', 'result', 'result', 'group']);
});

test('if nobody may watch, the shell says so, and a line continues when its command has ended', async () => {
  const refuse: Interceptor = async (call, next) => {
    if (call.method === 'watch') throw new Error('nobody may watch');
    return await next(call);
  };
  await using scene = await openScene({ interceptors: [refuse] });
  await scene.run('ping', 'help ping');
  await scene.shell.tally.settled();
  expect(types(scene.out.json)).toEqual(['error', 'answer']);
  expect(scene.shell.tally.counts.completed).toBe(1);
});
