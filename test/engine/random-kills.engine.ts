import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Line } from '../support/line-log.ts';
import type { Program, ServerProgram } from '../support/processes.ts';
import { chooseSeed, createRandom } from '../support/random.ts';
import { outputOf } from './support/counting.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { isResult } from './support/lines.ts';
import { Programs } from './support/programs.ts';
import { tinyImage } from './support/tiny-image.ts';
import { Witness } from './support/witness.ts';

const jobs = 8;
const kills = Number(process.env.KILLS ?? 3);
/** By hand also over SQLite: an outcome that is stored just when its server dies is in its store, and in no output. */
const stores = process.env.KILLS === undefined ? ['memory'] : ['memory', 'sqlite'];

/** Each counts to another number, and ends with its own exit code. */
const countOfJob = (index: number) => 5 + 4 * index;
const lineOf = (index: number) =>
  `container --network none ${tinyImage} sh -c 'for n in $(seq ${countOfJob(index)}); do echo out $n; echo err $n >&2; sleep 0.2; done; exit ${index}'`;
const textOf = (index: number, word: string) =>
  Array.from({ length: countOfJob(index) }, (_, n) => `${word} ${n + 1}\n`).join('');

engineTest.for(stores)(
  'client and server are killed at any time: each container runs once, and ends with its outcome and its output, over %s',
  { timeout: 120_000 + 3_000 * kills },
  async (store) => {
    const seed = chooseSeed();
    process.stderr.write(`FAULTS_SEED=${seed}\n`);
    const random = createRandom(seed);
    await using programs = new Programs();
    await using witness = await Witness.start(engine, `signalbox.client=${programs.name}`);
    const flags = ['--keep-going', '--store', store === 'sqlite' ? `sqlite:${join(programs.folder, 'x.db')}` : store];
    const servers: ServerProgram[] = [programs.server(...flags)];
    const clients: Program[] = [programs.client()];
    await servers[0]?.untilClients(1);
    servers[0]?.type(...Array.from({ length: jobs }, (_, index) => lineOf(index)));
    const begun = await servers[0]?.log.until('all accepted', ({ type }) => type === 'accepted', { count: jobs });
    const epoch = begun?.id?.split('.')[0];
    const ids = Array.from({ length: jobs }, (_, index) => `${epoch}.${index + 1}`);
    // A client that is killed before the start of a container has a job that never ran.
    const started = () =>
      new Set(servers[0]?.log.lines.filter(({ type }) => type === 'output').map(({ id }) => id)).size;
    await expect.poll(started, { timeout: 30_000 }).toBe(jobs);
    for (let kill = 0; kill < kills; kill += 1) {
      await passing(random.int(0, 1_500));
      if (random.int(0, 2) === 0) {
        await servers.at(-1)?.kill();
        servers.push(programs.server(...flags));
      } else {
        await clients.at(-1)?.kill();
        clients.push(programs.client());
      }
    }
    const told = (): Map<string | undefined, Line> =>
      new Map(servers.flatMap(({ log }) => log.lines.filter(isResult).map((line) => [line.id, line])));
    await expect.poll(() => ids.filter((id) => !told().has(id)), { timeout: 45_000 }).toEqual([]);
    for (const [index, id] of ids.entries()) {
      const end = told().get(id);
      expect(end, id).toMatchObject({ result: { exitCode: index, signal: null, timedOut: false, cancelled: false } });
      const last = servers.findLast(({ log }) => log.lines.some((line) => isResult(line) && line.id === id));
      for (const [stream, word] of [
        ['stdout', 'out'],
        ['stderr', 'err'],
      ] as const) {
        expect(outputOf(last?.log.lines ?? [], id, stream).toString(), id).toBe(textOf(index, word));
      }
    }
    await expect
      .poll(() => witness.remains(), { timeout: 20_000 })
      .toEqual({ containers: [], volumes: [], networks: [] });
    expect(witness.containers.size).toBe(jobs);
  },
);
