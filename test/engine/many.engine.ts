import { expect } from 'vitest';
import { isOutcome } from '../faults/matchers.ts';
import type { Line } from '../support/line-log.ts';
import { chooseSeed, createRandom } from '../support/random.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { buildImage } from './support/images.ts';
import { Programs } from './support/programs.ts';
import { Witness } from './support/witness.ts';

/** `CONTAINERS=300 npm run test:engine -- many` is the long one. */
const count = Number(process.env.CONTAINERS ?? 30);
const atATime = 8;
const seed = chooseSeed();

type End = 'exits' | 'cancelled' | 'late';

/** One of six is cancelled, and one exceeds its deadline. */
const endOf = (index: number): End => (index % 6 === 1 ? 'cancelled' : index % 6 === 4 ? 'late' : 'exits');

/** One that handles SIGTERM, and one that does not, because it is the first process of its container. */
const sleepers = [`"trap 'exit 5' TERM; echo running; sleep 600 & wait"`, '"echo running; sleep 600"'];

/** A job that ends by itself writes this on both streams, and exits with this. */
const saying = (index: number) => `"seq ${index * 100}; echo err ${index} >&2; exit ${index % 5}"`;
const said = (index: number) => Array.from({ length: index * 100 }, (_, at) => `${at + 1}\n`).join('');

engineTest(
  `${count} containers, ${atATime} at a time, with seed ${seed}: each ends as it should, and nothing is left`,
  {
    timeout: 60_000 + count * 4_000,
  },
  async () => {
    const random = createRandom(seed);
    await using image = await buildImage(engine, ['VOLUME /data']);
    await using programs = new Programs();
    await using witness = await Witness.start(engine, `signalbox.client=${programs.name}`);
    const server = programs.server('--keep-going');
    programs.client();
    await server.untilClients(1);

    let sent = 0;
    const indexes = Array.from({ length: count }, (_, index) => index);
    const run = async (index: number): Promise<Line> => {
      const end = endOf(index);
      const flags = ['--network', 'none'];
      if (end === 'late') flags.push('--timeout', `${random.int(100, 1_500)}ms`);
      const script = end === 'exits' ? saying(index) : (sleepers[index % 30 === 1 || index % 30 === 4 ? 1 : 0] ?? '');
      server.type(['container', ...flags, image.name, 'sh -c', script].join(' '));
      sent += 1;
      const number = sent;
      const until = (type: string) =>
        server.log.until(`${type} of ${number}`, (one) => one.type === type && one.number === number);
      if (end === 'cancelled') {
        const when = random.pick(['at once', 'accepted', 'output']);
        if (when !== 'at once') await until(when);
        server.type(`cancel %${number}`);
      }
      return await server.log.until(`the outcome of ${number}`, (one) => isOutcome(one) && one.number === number);
    };
    const outcomes: Line[] = [];
    const work = async () => {
      for (let index = indexes.shift(); index !== undefined; index = indexes.shift())
        outcomes[index] = await run(index);
    };
    await Promise.all(Array.from({ length: atATime }, work));
    await server.finish();

    const output = (id: string | undefined, stream: string) =>
      server.log.lines
        .flatMap((line) => (line.type === 'output' && line.id === id && line.stream === stream ? [line.data] : []))
        .join('');
    for (const [index, { id, outcome, result, error }] of outcomes.entries()) {
      const end = endOf(index);
      if (end === 'cancelled') expect({ index, outcome }).toEqual({ index, outcome: 'cancelled' });
      if (end === 'late')
        expect({ index, outcome, code: error?.code }).toEqual({ index, outcome: 'failed', code: 'deadline_exceeded' });
      if (end !== 'exits') continue;
      expect({ index, outcome, result }).toMatchObject({
        index,
        outcome: index % 5 === 0 ? 'completed' : 'failed',
        result: { exitCode: index % 5, cancelled: false, timedOut: false },
      });
      expect(output(id, 'stdout')).toBe(said(index));
      expect(output(id, 'stderr')).toBe(`err ${index}\n`);
    }
    expect(await witness.remains()).toEqual({ containers: [], volumes: [], networks: [] });
    // Each that ended by itself was seen; a cancelled one may never have been created.
    expect(witness.containers.size).toBeGreaterThanOrEqual(
      outcomes.filter((_, index) => endOf(index) === 'exits').length,
    );
  },
);
