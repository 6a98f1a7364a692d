import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobService } from '../../src/index.ts';
import { hasOpenssl } from '../api/https/certificates.ts';
import { answerOf, openWorld, type World } from './twins.ts';
import { type Way, waysByCalls } from './ways-by-calls.ts';
import { completed, typed, waysTyped } from './ways-typed.ts';

const worlds: World[] = [];
beforeAll(async () => {
  worlds.push(await openWorld(true), await openWorld(false));
}, 60_000);
afterAll(async () => {
  for (const world of worlds) await world[Symbol.asyncDispose]();
});

const untimed = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer ?? null, (key, value) => (/Ms$|Bytes$/.test(key) ? undefined : value)));

async function expectSame(answer: (world: World) => Promise<unknown>): Promise<void> {
  const answers: string[] = [];
  for (const world of worlds) answers.push(world.plain(untimed(await answerOf(() => answer(world)))));
  expect(answers[0]).toBe(answers[1]);
}

const doors = {
  'in the process': async (world: World, name: string) => world.as(name),
  ...(hasOpenssl && { 'over https': (world: World, name: string) => world.over(name) }),
};

describe.each(['tester', 'pilot'])('%s, who may run on @env=test', (name) => {
  describe.each(Object.entries(doors))(
    'learns nothing of what is outside, and touches nothing of it, %s, when it',
    (_, door) => {
      const services = new Map<World, JobService>();
      beforeAll(async () => {
        for (const world of worlds) services.set(world, await door(world, name));
      });
      const tried = (way: Way) => expectSame((world) => way(services.get(world) as JobService, world));

      test.each(waysByCalls)('%s', async (_title, way) => await tried(way));
      test.each(waysTyped)('types %s', async (line) => await tried((service, world) => typed(service, world, line)));
      test('presses Tab', async () => await tried(completed));
    },
  );
});

test('what is outside has neither been touched nor come to its end', async () => {
  const [world] = worlds;
  expect(await world?.untouched()).toEqual({
    touched: [],
    running: expect.arrayContaining([
      ['tess', 'stepwise'],
      ['prod', 'stepwise'],
      ['liar', 'stepwise'],
    ]),
  });
});
