import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { counterOf } from '../../src/client/held-jobs.ts';
import { freePort } from '../support/free-port.ts';
import { isRunning } from '../support/is-running.ts';
import type { Line } from '../support/line-log.ts';
import { newFolder } from '../support/new-folder.ts';
import { noPostgres, PostgresCluster } from '../support/postgres-cluster.ts';
import { Program, type ServerProgram, startServer } from '../support/processes.ts';
import { chooseSeed, createRandom } from '../support/random.ts';
import { isOutcome } from './matchers.ts';

const plugin = ['--plugin', './test/faults/countdown-plugin.ts'];
const jobs = 10;
const kills = 8;

const isProgress = ({ type }: Line): boolean => type === 'progress';

/** A server, and a client whose jobs outlive it; both can be killed and restarted. */
async function openWorld(store: string, flags: readonly string[] = []) {
  const port = await freePort();
  const state = newFolder();
  const servers: ServerProgram[] = [];
  const clients: Program[] = [];
  const startNextServer = () => {
    const all = ['--keep-going', '--store', store, '--lost-after', '500ms', ...plugin, ...flags];
    servers.push(startServer(port, all));
  };
  const startNextClient = () => {
    const connect = ['--connect', `tcp://127.0.0.1:${port}`, '--name', 'w1', '--ready', '--state', state];
    clients.push(new Program('w1', ['src/main.ts', 'client', ...connect, ...plugin]));
  };
  const notes = () => readdirSync(join(state, 'countdown'));
  startNextServer();
  startNextClient();
  return {
    servers,
    clients,
    server: () => servers.at(-1) as ServerProgram,
    notes,
    killServer: async () => {
      await servers.at(-1)?.kill();
      startNextServer();
    },
    killClient: async (startsAgain = true) => {
      await clients.at(-1)?.kill();
      if (startsAgain) startNextClient();
    },
    startNextClient,
    /** The outcomes that any server has reported. */
    ends: () =>
      Map.groupBy(
        servers.flatMap(({ log }) => log.lines.filter(isOutcome)),
        ({ id }) => String(id),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all([...servers, ...clients].map((program) => program.kill()));
      // The output of a test that has failed.
      for (const id of notes()) {
        const pid = Number(readFileSync(join(state, 'countdown', id, 'pid'), 'utf8'));
        if (isRunning(pid)) process.kill(-pid, 'SIGKILL');
      }
    },
  };
}

type World = Awaited<ReturnType<typeof openWorld>>;

/** All of them have started, and are recorded. */
async function begin({ server }: World): Promise<string[]> {
  server().type(...Array.from({ length: jobs }, (_, index) => `@w1 countdown ${2 + (index % 4)}`));
  const ids = new Set<string>();
  const isNew = (line: Line) => isProgress(line) && !ids.has(String(line.id)) && ids.add(String(line.id)) !== undefined;
  await server().log.until(`${jobs} begun`, isNew, { count: jobs });
  // They start at once, in any order.
  return [...ids].sort((a, b) => counterOf(a) - counterOf(b));
}

function expectAllTrue({ ends }: World, ids: readonly string[]): void {
  const told = ids.map((id) => {
    const lines = ends().get(id) ?? [];
    return [...new Set(lines.map(({ outcome, result }) => `${outcome} ${JSON.stringify(result)}`))].join(', ');
  });
  expect(told).toEqual(ids.map((_, index) => `completed {"lines":${2 + (index % 4)}}`));
}

const places: [string, () => string][] = [
  ['memory', () => 'memory'],
  ['sqlite', () => `sqlite:${join(newFolder(), 'x.db')}`],
];
let cluster: PostgresCluster | undefined;
if (!noPostgres) {
  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });
  places.push(['postgres', () => cluster?.place() ?? 'memory']);
}

describe.each(places)('jobs that outlive their client, over %s', (_, place) => {
  test(`end once with their own outcomes, whatever is killed ${kills} times, and nothing is left`, async () => {
    const seed = chooseSeed();
    process.stderr.write(`FAULTS_SEED=${seed}\n`);
    const random = createRandom(seed);
    await using world = await openWorld(place());
    const ids = await begin(world);
    for (let kill = 0; kill < kills; kill += 1) {
      await passing(random.int(0, 1_200));
      if (random.int(0, 1) === 0) await world.killClient();
      else await world.killServer();
    }
    await expect.poll(() => ids.filter((id) => !world.ends().has(id)), { timeout: 60_000 }).toEqual([]);
    expectAllTrue(world, ids);
    // The last acknowledgements travel with a heartbeat.
    await expect.poll(world.notes, { timeout: 20_000 }).toEqual([]);
  });

  test('are unreachable while it is down, over a restart of the server, and then report how they have ended', async () => {
    await using world = await openWorld(place());
    const ids = await begin(world);
    await world.killClient(false);
    const isUnreachable = ({ type }: Line): boolean => type === 'unreachable';
    await world.server().log.until('unreachable', isUnreachable, { count: jobs });
    await world.killServer();
    world.startNextClient();
    await expect.poll(() => ids.filter((id) => !world.ends().has(id)), { timeout: 60_000 }).toEqual([]);
    expectAllTrue(world, ids);
  });
});

test('a job that was given up as lost is ended by cancel when its client is back with it', async () => {
  await using world = await openWorld('memory', ['--recover-within', '600ms']);
  world.server().type('@w1 countdown 3000');
  await world.server().log.until('begun', isProgress);
  await world.killClient(false);
  await world.server().log.until('lost', ({ outcome }) => outcome === 'lost');
  world.startNextClient();
  await world.server().untilClients(1, 'ready', world.server().log.lines.length);
  world.server().type('cancel 1');
  const late = await world.server().log.until('late', ({ type }) => type === 'late');
  expect(late.outcome).toBe('cancelled');
  await expect.poll(world.notes, { timeout: 20_000 }).toEqual([]);
});
