import { expect, test } from 'vitest';
import type { Line } from '../support/line-log.ts';
import { isAccepted, isOutcome, jobKey } from './matchers.ts';
import { Scene } from './scene.ts';

const isAdoptedOutcome = (line: Line) => isOutcome(line) && line.adopted === true;

test('a new server reports all 50 outcomes of a killed one, each exactly once', async () => {
  await using scene = await Scene.open();
  const first = scene.startServer('--wait-clients', '5');
  for (let index = 1; index <= 5; index += 1) scene.startClients(`w${index}`);
  const seconds = Array.from({ length: 10 }, () => scene.random.int(20, 50) / 10);
  first.type(...seconds.map((duration) => `calculate ${duration} done`));
  await first.log.until('50 accepted', isAccepted, { count: 50 });
  const begun = new Set(first.log.lines.filter(isAccepted).map(jobKey));
  expect(scene.outcomes(first).size).toBe(0);
  await first.kill();

  const second = scene.startServer('--wait-clients', '5');
  second.type('wait --clients 5', 'wait');
  await second.log.until('50 adopted outcomes', isAdoptedOutcome, { count: 50 });
  expect((await second.finish()).exitCode).toBe(0);
  scene.expectEachOnce(second, 50);
  expect(new Set(scene.outcomes(second).keys())).toEqual(begun);
  scene.expectBegunOnce(50);
});

test('two servers, one killed while outcomes arrive, together report each outcome; repeated reports are the same', async () => {
  await using scene = await Scene.open();
  const first = scene.startServer('--wait-clients', '5');
  for (let index = 1; index <= 5; index += 1) scene.startClients(`w${index}`);
  const seconds = Array.from({ length: 40 }, () => scene.random.int(0, 200) / 100);
  first.type(...seconds.map((duration) => `calculate ${duration} done`));
  await scene.untilOutcomes(first, scene.random.int(1, 150));
  await first.kill();

  const known = new Set(first.log.lines.filter(isAccepted).map(jobKey));
  const second = scene.startServer('--wait-clients', '5');
  second.type('wait');
  await second.finish();
  const [before, after] = [scene.outcomes(first), scene.outcomes(second)];
  for (const key of known) {
    const lines = [...(before.get(key) ?? []), ...(after.get(key) ?? [])];
    expect(after.get(key)?.length ?? 0, key).toBeLessThanOrEqual(1);
    expect(lines.length, key).toBeGreaterThanOrEqual(1);
    expect(new Set(lines.map(({ outcome, result }) => JSON.stringify([outcome, result]))).size, key).toBe(1);
  }
  scene.expectBegunOnce(new Set([...before.keys(), ...after.keys()]).size);
});
