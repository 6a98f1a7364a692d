import { expect, test } from 'vitest';
import { noKafka } from '../support/kafka-broker.ts';
import { noPostgres } from '../support/postgres-cluster.ts';
import { chooseSeed, createRandom } from '../support/random.ts';
import { hasAll, hasDropped, missingOf, numbersOf } from './checks/accounts.ts';
import { breakAll } from './checks/checks-faults.ts';
import { ChecksScene, clientNames, topics } from './checks/checks-scene.ts';
import { endChecks } from './checks/end-checks.ts';
import { identityOf, producedTo, storedResults, sumsOf, untilProduced } from './checks/stored-results.ts';
import { sites } from './checks/watched-sites.ts';

/** `MINUTES=10` is the long form. */
const minutes = Number(process.env.MINUTES ?? 0.5);
const why = noKafka ?? noPostgres;

test.skipIf(why !== undefined)(
  `broker, database, writers and clients are killed under 50 sites each second: each result that was produced is stored once, what was dropped is counted, and checks run again${why === undefined ? '' : ` (${why})`}`,
  { timeout: minutes * 60_000 + 240_000 },
  async () => {
    const say = (line: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
    const seed = chooseSeed();
    say(`FAULTS_SEED=${seed}`);
    await using scene = await ChecksScene.open();
    say('all checks run');
    await breakAll(scene, createRandom(seed), minutes * 60_000);
    say('nothing is killed any more');
    const sinceMs = Date.now();
    await Promise.all(clientNames.map((name) => scene.watched.untilAllCheckedBy(name)));
    await untilProduced(scene, [topics.narrow], (all) =>
      clientNames.every((client) => hasDropped(all, client, sinceMs)),
    );

    const ended = await endChecks(scene);
    expect(ended.map(({ client, check }) => `${client} ${check}`).sort()).toEqual(
      clientNames.flatMap((client) => [...sites, 'wide'].map((check) => `${client} ${check}`)).sort(),
    );
    // Results that wait when a job ends are still sent.
    await untilProduced(scene, Object.values(topics), (all) => hasAll(all, ended));
    for (const client of scene.clients) expect(await client.end()).toBe(0);
    say('all checks have ended');

    const produced = await producedTo(scene, Object.values(topics));
    const wide = new Set(produced.filter(({ check }) => check === 'wide').map(({ job }) => job));
    const numbers = numbersOf(produced);
    for (const [job, its] of numbers) {
      expect(its, 'each once, and in their order').toEqual([...new Set(its)].sort((one, other) => one - other));
      // For a killed client the number is unknown; it has dropped only the wide ones.
      if (!wide.has(job)) expect(missingOf(its)).toBe(0);
    }
    for (const { id, check, kafka } of ended) {
      const { delivered, waiting, dropped } = kafka;
      const its = numbers.get(id) ?? [];
      if (check !== 'wide') expect({ sent: delivered + waiting, dropped }).toEqual({ sent: its.length, dropped: 0 });
      else {
        expect(dropped).toBeGreaterThan(0);
        expect(dropped + waiting).toBeGreaterThanOrEqual(missingOf(its));
        expect(its.length).toBeGreaterThanOrEqual(delivered);
        expect(its.length).toBeLessThanOrEqual(delivered + waiting);
      }
    }

    scene.startWriter(topics.narrow);
    const stored = await storedResults(scene, produced.length);
    expect(stored.toSorted()).toEqual(produced.map(identityOf).sort());
    const [counted = 0, faults = 0, poison] = sumsOf(scene).split('|').map(Number);
    expect({ results: counted + faults, poison }).toEqual({ results: produced.length, poison: 0 });
    expect(await Promise.all(scene.writers.map((writer) => writer.end()))).toEqual(scene.writers.map(() => 0));

    const dropped = ended.reduce((sum, { kafka }) => sum + kafka.dropped, 0);
    const kills = [...scene.clients, ...scene.writers].map(({ name, kills: count }) => `${name} ${count}`);
    say(`${produced.length} results of ${numbers.size} jobs; ${dropped} dropped; kills: ${kills.join(', ')}`);
  },
);
