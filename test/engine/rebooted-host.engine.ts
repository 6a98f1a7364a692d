import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Line } from '../support/line-log.ts';
import { countingLine, countOf } from './support/counting.ts';
import { ownEngineTest } from './support/engine-test.ts';
import { isOutput, isResult, ofEach } from './support/lines.ts';
import { OwnEngine } from './support/own-engine.ts';
import { Programs } from './support/programs.ts';

/** How long the host is down, if longer than necessary. */
const awayMs = 1_000 * Number(process.env.REBOOT_SECONDS ?? 0);

ownEngineTest(
  'a host is rebooted: what ran there has ended with it, what had ended before has its outcome, and a service goes on',
  async () => {
    await using own = await OwnEngine.start();
    await using programs = new Programs({ engine: own });
    const store = `sqlite:${join(programs.folder, 'x.db')}`;
    const server = programs.server('--keep-going', '--lost-after', '500ms', '--store', store);
    const first = programs.client();
    await server.untilClients(1);
    server.type(...['', '--timeout 10m', '--service', ''].map((flags) => countingLine(0, 0.2, flags)));
    await server.log.until('output of each', ofEach(isOutput), { count: 4 });
    await first.kill();
    const ended = `signalbox-${programs.name}-${server.log.lines.find(({ number }) => number === 4)?.id}`;
    await own.docker('kill', '--signal', 'USR1', ended);
    await own.docker('wait', ended);
    const running = await own.lines('ps', '--quiet');
    const pids = await own.lines('inspect', '--format', '{{.State.Pid}}', ...running);
    await own.kill();
    for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
    await server.log.until('all unreachable', ({ type }) => type === 'unreachable', { count: 4 });
    await setTimeout(awayMs);
    const from = server.log.lines.length;
    const second = programs.client();
    // It lists its jobs before its engine has started.
    await server.untilClients(1, 'ready', from);
    await own.up();
    await server.log.until('three outcomes', isResult, { count: 3, timeoutMs: 45_000 });
    const endOf = (number: number) => server.log.lines.find((line) => isResult(line) && line.number === number);
    for (const number of [1, 2]) {
      expect(endOf(number)).toMatchObject({ outcome: 'failed', result: { timedOut: false, cancelled: false } });
    }
    expect(endOf(4)).toMatchObject({ outcome: 'completed', result: { exitCode: 0, timedOut: false } });
    for (const number of [1, 2, 4]) expect(countOf(server.log.lines, endOf(number)?.id ?? '')).toBeGreaterThan(0);
    const isOfService = (line: Line) => isOutput(line) && line.number === 3;
    await server.log.until('more of the service', isOfService, { from: server.log.lines.length });
    server.type('cancel 3');
    await server.log.until('its end', ({ outcome, number }) => number === 3 && outcome === 'cancelled');
    await second.terminate();
    expect(await own.lines('ps', '--all', '--quiet')).toEqual([]);
  },
  120_000 + awayMs,
);
