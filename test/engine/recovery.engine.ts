import { expect } from 'vitest';
import type { Line } from '../support/line-log.ts';
import { countingLine, countOf } from './support/counting.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { Programs } from './support/programs.ts';
import { Witness } from './support/witness.ts';

const nothing = { containers: [], volumes: [], networks: [] };
const isOutput = ({ type }: Line) => type === 'output';
const isResult = ({ type }: Line) => type === 'result';
const isConnected = ({ data }: Line) => data?.includes('is connected') ?? false;

/** One line of each of so many jobs. */
function ofEach(matches: (line: Line) => boolean) {
  const seen = new Set<string>();
  return (line: Line) => {
    if (!matches(line) || line.id === undefined || seen.has(line.id)) return false;
    seen.add(line.id);
    return true;
  };
}

engineTest(
  'a client that is killed with ten containers, and again while it takes them up, loses none of them',
  async () => {
    const jobs = 10;
    await using programs = new Programs();
    await using witness = await Witness.start(engine, `signalbox.client=${programs.name}`);
    const server = programs.server('--keep-going');
    const first = programs.client();
    await server.untilClients(1);
    server.type(...Array.from({ length: jobs }, (_, index) => countingLine(index)));
    await server.log.until('output of each', ofEach(isOutput), { count: jobs });
    await first.kill();
    const containers = [...witness.containers];
    await engine.docker('kill', '--signal', 'USR1', ...containers.slice(0, 5));
    const second = programs.client();
    await second.said.until('being connected', isConnected);
    await second.kill();
    const from = server.log.lines.length;
    programs.client();
    await server.untilClients(1, 'ready', from);
    await server.log.until('more output of the others', ofEach(isOutput), { count: 5, from });
    await engine.docker('kill', '--signal', 'USR1', ...containers.slice(5));
    await server.log.until('their outcomes', isResult, { count: jobs });
    const results = server.log.lines.filter(isResult);
    for (const [index, { id = '', result }] of results.entries()) {
      expect(result, `job ${index}`).toMatchObject({ signal: null, timedOut: false, cancelled: false, left: false });
      expect(countOf(server.log.lines, id)).toBeGreaterThan(0);
    }
    expect(results.map(({ result }) => (result as { exitCode: number }).exitCode).sort()).toEqual(
      Array.from({ length: jobs }, (_, index) => index),
    );
    expect(await witness.remains()).toEqual(nothing);
    expect(witness.containers.size).toBe(jobs);
  },
);
