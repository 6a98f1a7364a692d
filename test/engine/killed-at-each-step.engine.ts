import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Line } from '../support/line-log.ts';
import { outputOf } from './support/counting.ts';
import { engine } from './support/engine.ts';
import { EngineGate, type Hold } from './support/engine-gate.ts';
import { engineTest } from './support/engine-test.ts';
import { Programs } from './support/programs.ts';
import { tinyImage } from './support/tiny-image.ts';
import { Witness } from './support/witness.ts';

const before = (at: RegExp): Hold => ({ at, way: 'request' });
const after = (at: RegExp): Hold => ({ at, way: 'answer' });
const create = /^POST \/containers\/create/;
const start = /^POST .*\/start/;
const wait = /^POST .*\/wait/;
const inspect = /^GET \/containers\/[0-9a-f]{64}\/json/;
const lastLog = /^GET .*\/logs\?(?!.*follow=1)/;
const remove = /^DELETE \/containers\//;

/**
 * Where the process that received the command is killed, then the one that adopts the job, and how often the container
 * has run then.
 */
const steps: readonly { readonly name: string; readonly kills: readonly Hold[]; readonly runs: 0 | 1 }[] = [
  { name: 'before it is created', kills: [before(create)], runs: 0 },
  { name: 'before the engine says that it is created', kills: [after(create), after(remove)], runs: 0 },
  { name: 'before it is started', kills: [before(start), before(remove)], runs: 0 },
  { name: 'before the engine says that it is started', kills: [after(start), before(inspect)], runs: 1 },
  { name: 'while it runs', kills: [before(wait), before(lastLog)], runs: 1 },
  { name: 'before the engine says that it has ended', kills: [after(wait), after(wait)], runs: 1 },
  { name: 'before the last output is read', kills: [before(lastLog), after(lastLog)], runs: 1 },
  { name: 'before it is removed', kills: [before(remove), before(remove)], runs: 1 },
  { name: 'before the engine says that it is removed', kills: [after(remove), before(inspect)], runs: 1 },
];

engineTest(
  'a client may be killed at each step of a job, twice: the next one says what is true, and nothing runs twice',
  async () => {
    await using gate = await EngineGate.open();
    await using programs = new Programs({ engine: gate });
    const { name: client } = programs;
    await using witness = await Witness.start(engine, `signalbox.client=${client}`);
    await engine.docker('volume', 'create', '--label', `signalbox.client=${client}`, client);
    await using stack = new AsyncDisposableStack();
    stack.defer(async () => void (await engine.docker('volume', 'rm', '--force', client)));
    const server = programs.server('--keep-going');
    let process = programs.client();
    await server.untilClients(1);
    const isResult = ({ type }: Line) => type === 'result';
    const nameOf = (index: number) => `${client}-${index}`;
    const holdAll = (kill: 0 | 1) => {
      const held = steps.map(({ kills }, index) => kills[kill] && gate.holdNext(nameOf(index), kills[kill]));
      return Promise.all(held);
    };
    let held = holdAll(0);
    for (const index of steps.keys()) {
      const script = `echo ${index} >>/ran/log; echo out ${index}; echo err >&2; printf last; exit 7`;
      const flags = `--network none --mount ${client}:/ran --name ${nameOf(index)}`;
      server.type(`container ${flags} ${tinyImage} sh -c '${script}'`);
    }
    await held;
    await process.kill();
    gate.drop();
    held = holdAll(1);
    process = programs.client();
    await held;
    await process.kill();
    gate.drop();
    process = programs.client();
    await server.log.until('all outcomes', isResult, { count: steps.length });
    const settled = server.log.lines.filter(isResult).sort((a, b) => Number(a.number) - Number(b.number));
    for (const [index, { name: step, runs }] of steps.entries()) {
      const { id = '', ...end } = settled[index] ?? {};
      if (runs === 0) {
        const message = 'it was never started: its client died before that';
        expect(end, step).toMatchObject({ outcome: 'failed', error: { code: 'command_failed', message } });
        continue;
      }
      const result = { exitCode: 7, signal: null, timedOut: false, cancelled: false, outputBytes: 14, left: false };
      expect(end, step).toMatchObject({ outcome: 'failed', result, error: { message: 'exit code 7' } });
      expect(outputOf(server.log.lines, id, 'stdout').toString(), step).toBe(`out ${index}\nlast`);
      expect(outputOf(server.log.lines, id, 'stderr').toString(), step).toBe('err\n');
    }
    expect((await witness.remains()).containers).toEqual([]);
    const ran = await engine.lines(
      'run',
      '--rm',
      '--network',
      'none',
      '--volume',
      `${client}:/ran`,
      tinyImage,
      'cat',
      '/ran/log',
    );
    expect(ran.map(Number).sort()).toEqual([...steps.keys()].filter((index) => steps[index]?.runs === 1));

    // Killed with the outcome in transit, or just acknowledged.
    server.type(`container --network none ${tinyImage} sh -c 'exit 3'`);
    await server.log.until('the last outcome', isResult, { count: steps.length + 1 });
    await process.kill();
    const from = server.log.lines.length;
    process = programs.client();
    await server.untilClients(1, 'ready', from);
    server.type(`container --network none ${tinyImage} true`);
    await server.log.until('the answer', isResult, { count: steps.length + 2 });
    const folder = join(programs.folder, 'state/signalbox/client', client, 'container');
    // For some seconds it looks for a container whose creation it did not see.
    await expect.poll(() => readdirSync(folder), { timeout: 20_000 }).toEqual(['installation']);
    await process.terminate();
    expect(server.log.lines.filter(({ outcome }) => outcome === 'lost')).toEqual([]);
  },
);
