import { afterAll, beforeAll, expect, test } from 'vitest';
import { hintIn } from '../../support/hinting.ts';
import { openScene, type Scene } from '../../support/in-process-shell.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

const usage = async (line: string) => {
  const { usage: shown } = await hintIn(scene, line);
  return shown && [shown.before, shown.current, shown.after].join('|');
};

test.each([
  ['', undefined],
  ['pin', undefined],
  ['ping', 'ping||'],
  ['@w1', undefined],
  ['@w1 ping', 'ping||'],
  ['@w1 @w2 ping', 'ping||'],
  ['ping; calculate 1 ', 'calculate SECONDS |MESSAGE| [options]'],
  ['calculate ', 'calculate |SECONDS| MESSAGE [options]'],
  ['expect completed calculate ', 'calculate |SECONDS| MESSAGE [options]'],
  ['sleep', 'sleep DURATION||'],
])('%j has the usage %j', async (line, expected) => {
  expect(await usage(line)).toBe(expected);
});

test.each([
  ['ping', undefined],
  ['pin', undefined],
  ['pong ', expect.stringContaining("'pong'")],
  ['@w1 ping', undefined],
  ['@w9 ping', expect.stringContaining("no client is called 'w9'")],
  ['calculate x hi', expect.stringContaining('SECONDS')],
  ['calculate 1', undefined],
  ['calculate 1 "hi', undefined],
  ['ping; @w9 ping', expect.stringContaining("no client is called 'w9'")],
])('the error so far in %j is %j', async (line, problem) => {
  expect((await hintIn(scene, line)).problem).toEqual(problem);
});
