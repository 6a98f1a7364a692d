import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { noPostgres } from '../support/postgres-cluster.ts';
import { chooseSeed, createRandom } from '../support/random.ts';
import { NotifyScene, type Told } from './notify-scene.ts';

const kills = Number(process.env.KILLS ?? 3);
const jobs = Number(process.env.JOBS ?? 10_000);
const jobsOfLine = 10;

/**
 * Each message once.
 * @throws if a repeated message differs.
 */
function byId(told: readonly Told[]): ReadonlyMap<string, Told> {
  const found = new Map<string, Told>();
  for (const one of told) {
    const before = found.get(one.id);
    if (before) expect(one).toEqual(before);
    found.set(one.id, one);
  }
  return found;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((all, one) => all + one, 0);
const counted = (told: readonly Told[]): number => sum([...byId(told).values()].map(({ count }) => count));

/** Kills servers while jobs fail, and compares the messages of the channels with the log of the store. */
async function killAndCount(scene: NotifyScene, { jobs, kills }: { jobs: number; kills: number }): Promise<void> {
  const seed = chooseSeed();
  const random = createRandom(seed);
  const each = Math.ceil(jobs / jobsOfLine / (kills + 1));
  for (let kill = 0; kill < kills; kill += 1) {
    await using server = scene.start();
    server.type('wait --clients 10', ...scene.lines(each));
    // In the middle of its work, or while it sends notifications about it.
    const some = random.int(1, each * jobsOfLine);
    const failed = () => server.out.filter((line) => line.includes('"outcome":"failed"')).length;
    await expect.poll(failed, { timeout: 60_000, interval: 20 }).toBeGreaterThanOrEqual(some);
    await setTimeout(random.next() * 500);
    server.child.kill('SIGKILL');
  }
  const done = sum((await scene.truth()).values());
  await using last = scene.start();
  last.type('wait --clients 10', ...scene.lines(Math.max(20, Math.ceil((jobs - done) / jobsOfLine))), 'exit');
  await last.exitCode();
  const truth = await scene.truth();
  const all = sum(truth.values());
  expect(all).toBeGreaterThanOrEqual(jobs);
  expect(truth.size).toBe(20);
  // The messages that the last one had not sent yet.
  await using teller = scene.start();
  const counts = () => Object.values(scene.told).map(counted);
  await expect.poll(counts, { timeout: 100_000, interval: 500, message: `seed ${seed}` }).toEqual([all, all, all]);
  teller.type('exit');
  await teller.exitCode();
  expect(counts(), `seed ${seed}`).toEqual([all, all, all]);
  const messages = Object.values(scene.told).map((some) => [some.length, byId(some).size]);
  console.log(
    `${all} failures, seed ${seed}: messages and of them different ones by channel: ${JSON.stringify(messages)}`,
  );
}

test(`each of ${jobs} failures of 20 kinds is in one message of each channel after ${kills} kills, even if that was repeated`, {
  timeout: 120_000 + kills * 60_000,
}, async () => {
  await using scene = await NotifyScene.open();
  await killAndCount(scene, { jobs, kills });
});

test('the same holds over PostgreSQL', { timeout: 120_000 + kills * 60_000 }, async ({ skip }) => {
  skip(noPostgres !== undefined, noPostgres);
  await using scene = await NotifyScene.open('postgres');
  await killAndCount(scene, { jobs: Math.ceil(jobs / 10), kills: Math.ceil(kills / 2) });
});
