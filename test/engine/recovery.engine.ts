import { join } from 'node:path';
import { expect } from 'vitest';
import type { Line } from '../support/line-log.ts';
import { countingLine, countOf } from './support/counting.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { isConnected, isOutput, isResult, ofEach } from './support/lines.ts';
import { Programs } from './support/programs.ts';
import { Witness } from './support/witness.ts';

const hourMs = 3_600_000;
const nothing = { containers: [], volumes: [], networks: [] };

const exitCodesOf = (results: Iterable<Line>) =>
  [...results].map(({ result }) => (result as { exitCode: number }).exitCode).sort();
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

engineTest(
  'a client that is killed with ten containers, and again while it takes them up, loses none of them',
  async () => {
    const jobs = 10;
    await using programs = new Programs();
    await using witness = await Witness.start(engine, `signalbox.client=${programs.name}`);
    const server = programs.server('--keep-going');
    const first = programs.client();
    await server.untilClients(1);
    server.type(...upTo(jobs).map((exitCode) => countingLine(exitCode)));
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
    for (const { id = '', result } of results) {
      expect(result).toMatchObject({ signal: null, timedOut: false, cancelled: false, left: false });
      expect(countOf(server.log.lines, id)).toBeGreaterThan(0);
    }
    expect(exitCodesOf(results)).toEqual(upTo(jobs));
    expect(await witness.remains()).toEqual(nothing);
    expect(witness.containers.size).toBe(jobs);
  },
);

engineTest.for(['memory', 'sqlite'])(
  'containers go on while there is no server, and the next one gets all of their output, over %s',
  async (store) => {
    const jobs = 6;
    await using programs = new Programs();
    await using witness = await Witness.start(engine, `signalbox.client=${programs.name}`);
    const flags = ['--keep-going', '--store', store === 'sqlite' ? `sqlite:${join(programs.folder, 'x.db')}` : store];
    const first = programs.server(...flags);
    programs.client();
    await first.untilClients(1);
    first.type(...upTo(jobs).map((exitCode) => countingLine(exitCode)));
    await first.log.until('output of each', ofEach(isOutput), { count: jobs });
    const [early = '', ...others] = witness.containers;
    await engine.docker('kill', '--signal', 'USR1', early);
    const done = await first.log.until('the outcome of the first', isResult);
    await first.kill();
    await engine.docker('kill', '--signal', 'USR1', ...others.slice(0, 2));
    await engine.docker('wait', ...others.slice(0, 2));
    const second = programs.server(...flags);
    // A server without a store may die before it has acknowledged an outcome that it has shown: then the next one shows
    // it too.
    const isOfOthers = (line: Line) => line.id !== done.id;
    const each = ofEach((line) => isOutput(line) && isOfOthers(line));
    await second.log.until('output of the others', each, { count: jobs - 1 });
    await engine.docker('kill', '--signal', 'USR1', ...others.slice(2));
    await second.log.until('their outcomes', (line) => isResult(line) && isOfOthers(line), { count: jobs - 1 });
    const results = second.log.lines.filter((line) => isResult(line) && isOfOthers(line));
    for (const { id = '' } of results) expect(countOf(second.log.lines, id)).toBeGreaterThan(0);
    expect(exitCodesOf([done, ...results])).toEqual(upTo(jobs));
    expect(await witness.remains()).toEqual(nothing);
  },
);

engineTest(
  'a deadline passes while the client is away: what ended in time has completed, what still ran is ended',
  async () => {
    await using programs = new Programs();
    await using witness = await Witness.start(engine, `signalbox.client=${programs.name}`);
    const server = programs.server('--keep-going');
    // By the clock of the engine one has half an hour left, and the time of the other is long over.
    const first = programs.clientAhead(-hourMs);
    await server.untilClients(1);
    server.type(countingLine(0, 0.2, '--timeout 90m'), countingLine(0, 0.2, '--timeout 30m'));
    await server.log.until('output of both', ofEach(isOutput), { count: 2 });
    await first.kill();
    const inTime = `signalbox-${programs.name}-${server.log.lines.find(({ number }) => number === 1)?.id}`;
    await engine.docker('kill', '--signal', 'USR1', inTime);
    await engine.docker('wait', inTime);
    programs.clientAhead(hourMs);
    await server.log.until('both outcomes', isResult, { count: 2 });
    const [one, two] = server.log.lines.filter(isResult).sort((a, b) => Number(a.number) - Number(b.number));
    expect(one).toMatchObject({ outcome: 'completed', result: { exitCode: 0, timedOut: false } });
    expect(two).toMatchObject({ outcome: 'failed', error: { code: 'deadline_exceeded' }, result: { timedOut: true } });
    for (const ended of [one, two]) expect(countOf(server.log.lines, ended?.id ?? '')).toBeGreaterThan(0);
    expect(await witness.remains()).toEqual(nothing);
  },
);

engineTest(
  'a container whose job was given up as lost is ended by cancel when its client is back with it',
  async () => {
    await using programs = new Programs();
    await using witness = await Witness.start(engine, `signalbox.client=${programs.name}`);
    const server = programs.server('--keep-going', '--lost-after', '300ms', '--recover-within', '600ms');
    const first = programs.client();
    await server.untilClients(1);
    server.type(countingLine(0));
    await server.log.until('output', isOutput);
    await first.kill();
    await server.log.until('lost', ({ outcome }) => outcome === 'lost');
    const from = server.log.lines.length;
    programs.client();
    await server.untilClients(1, 'ready', from);
    server.type('cancel 1');
    const late = await server.log.until('late', ({ type }) => type === 'late');
    expect(late).toMatchObject({ outcome: 'cancelled' });
    expect(await witness.remains()).toEqual(nothing);
  },
);

engineTest(
  'the container of a client that ends in order while there is no server ends too, and the next process tells how',
  async () => {
    await using programs = new Programs();
    await using witness = await Witness.start(engine, `signalbox.client=${programs.name}`);
    const flags = ['--keep-going', '--store', `sqlite:${join(programs.folder, 'x.db')}`];
    const first = programs.server(...flags);
    const client = programs.client();
    await first.untilClients(1);
    first.type(countingLine(0));
    await first.log.until('output', isOutput);
    await first.kill();
    await client.terminate();
    const second = programs.server(...flags);
    programs.client();
    const end = await second.log.until('its end', isResult);
    expect(end).toMatchObject({ outcome: 'cancelled', result: { cancelled: true } });
    // A busy engine takes longer than an ending client waits: then the next process removes it.
    expect(await witness.remains()).toEqual(nothing);
    expect(countOf(second.log.lines, end.id ?? '')).toBeGreaterThan(0);
  },
);
