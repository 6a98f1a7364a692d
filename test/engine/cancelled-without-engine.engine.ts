import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { countingLine } from './support/counting.ts';
import { ownEngineTest } from './support/engine-test.ts';
import { isOutput, ofEach } from './support/lines.ts';
import { OwnEngine } from './support/own-engine.ts';
import { Programs } from './support/programs.ts';

ownEngineTest(
  'a cancel ends a job also while the engine is away; its container goes when that is back, whoever is there then',
  async () => {
    await using own = await OwnEngine.start({ flags: ['--live-restore'] });
    await using programs = new Programs({ engine: own });
    const notes = () =>
      readdirSync(join(programs.folder, 'state/signalbox/client', programs.name, 'container')).filter((name) =>
        name.endsWith('.note'),
      );
    const isLeft = async () => [await own.lines('ps', '--all', '--quiet'), notes()];
    // Also a client of --spawn: otherwise its state is removed with it.
    await using spawning = new Programs({ engine: own });
    const server = programs.server('--keep-going');
    const spawned = spawning.server('--spawn', '1', '--keep-going');
    const first = programs.client();
    await server.untilClients(1);
    server.type(countingLine(0));
    spawned.type('start', countingLine(0));
    await Promise.all([server, spawned].map(({ log }) => log.until('output', isOutput)));
    await own.kill();
    server.type('cancel 1');
    const end = server.log.until('its end', ({ outcome, number }) => outcome === 'cancelled' && number === 1);
    await Promise.all([end, spawned.terminate()]);
    expect(notes()).toHaveLength(1);
    await own.up();
    const next = spawning.server('--spawn', '1', '--keep-going');
    await next.untilClients(1, 'unready');
    await expect.poll(isLeft, { timeout: 20_000 }).toEqual([[], []]);

    server.type(countingLine(0));
    await server.log.until('output of both', ofEach(isOutput), { count: 2 });
    await own.kill();
    server.type('cancel 2');
    await server.log.until('its end', ({ outcome, number }) => outcome === 'cancelled' && number === 2);
    await first.kill();
    const from = server.log.lines.length;
    programs.client();
    await server.untilClients(1, 'ready', from);
    await own.up();
    await expect.poll(isLeft, { timeout: 20_000 }).toEqual([[], []]);
    expect(server.log.lines.filter(({ type }) => type === 'result' || type === 'late')).toHaveLength(2);
  },
  120_000,
);
