import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobService } from '../../src/index.ts';
import { answerOf, openWorld, type World } from './twins.ts';
import { type Way, waysByCalls } from './ways-by-calls.ts';
import { completed, typed, waysTyped } from './ways-typed.ts';

/** How an operator with this name connects to a world. */
export type Door = (world: World, name: string) => Promise<JobService>;

const worlds: World[] = [];

const untimed = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer ?? null, (key, value) => (/Ms$|Bytes$/.test(key) ? undefined : value)));

async function expectSame(answer: (world: World) => Promise<unknown>): Promise<void> {
  const answers: string[] = [];
  for (const world of worlds) answers.push(world.plain(untimed(await answerOf(() => answer(world)))));
  expect(answers[0]).toBe(answers[1]);
}

/** Tests that try every way to learn of things outside the role of an operator, in worlds with and without them. */
export function tryEveryWay(names: readonly string[], doors: Readonly<Record<string, Door>>): void {
  beforeAll(async () => {
    worlds.push(await openWorld(true), await openWorld(false));
  }, 60_000);
  afterAll(async () => {
    for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
  });

  describe.each(names)('%s, who may run on @env=test', (name) => {
    describe.each(Object.entries(doors))(
      'neither learns of anything outside its role nor changes it, %s, when it',
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

  test('everything outside the role was neither changed nor ended', async () => {
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
}
